// SPDX-License-Identifier: GPL-2.0

//! Queue node of `shfl`.
//!
//! ```text
//!   WAITING ──resign: the shuffler has the lock──▶ SHUFFLES ──make_first──▶ FIRST
//!      └─────────────────────────make_first──────────────────────────────────▲
//! ```

use super::policy::Policy;
use crate::prelude::*;

/// A waiter's node, on its stack and on a cache line of its own.
#[repr(align(64))]
pub(super) struct Node<P> {
    /// Once it is not null, the shuffler alone writes it.
    next: Atomic<*mut Node<P>>,
    state: Atomic<u32>,
    /// Its place in a group: written by a shuffler ahead of it, and so before the state.
    group: Cell<u32>,
    /// Constant.
    policy: Cell<P>,
}

const WAITING: u32 = 0;
const SHUFFLES: u32 = 1;
const FIRST: u32 = 2;

/// In no group.
const NO_GROUP: u32 = 0;
/// In a group.
const MEMBER: u32 = 1;
/// Its last, and the next shuffler: from here on, with the moves so far added.
const HEIR: u32 = 2;

impl<P: Policy> Node<P> {
    #[inline]
    pub(super) fn new(policy: P) -> Self {
        Self {
            next: Atomic::new(ptr::null_mut()),
            state: Atomic::new(WAITING),
            group: Cell::new(NO_GROUP),
            policy: Cell::new(policy),
        }
    }

    /// Returns the waiter behind; null if none has arrived.
    #[inline]
    pub(super) fn next(&self) -> *mut Node<P> {
        // Pairs with the release in `link`.
        self.next.load(Acquire)
    }

    /// The shuffler: makes `behind` the waiter behind. Those who read it do so after `state`.
    #[inline]
    pub(super) fn set_next(&self, behind: *mut Node<P>) {
        self.next.store(behind, Relaxed);
    }

    #[inline]
    pub(super) fn policy(&self) -> P {
        // SAFETY: Not written since the node was made, before it was linked.
        self.policy.with(|policy| unsafe { *policy })
    }

    #[inline]
    fn group(&self) -> u32 {
        // SAFETY: Read by its owner after `state`, which a shuffler wrote, or one behind it in the queue.
        self.group.with(|group| unsafe { *group })
    }

    fn set_group(&self, group: u32) {
        // SAFETY: Written by the one shuffler, ahead of it: its owner reads it after `state`.
        self.group.with_mut(|mine| unsafe { *mine = group });
    }

    /// The shuffler: takes it into the group.
    pub(super) fn join_group(&self) {
        self.set_group(MEMBER);
    }

    /// The first waiter: whether it is in no group, and so begins one.
    pub(super) fn begins_group(&self) -> bool {
        self.group() == NO_GROUP
    }

    /// The shuffler has the lock: the owner of this node, the last of its group, goes on after `moves`.
    pub(super) fn go_on(&self, moves: u32) {
        self.set_group(HEIR.saturating_add(moves));
        // Pairs with the acquire in `wait`.
        self.state.store(SHUFFLES, Release);
    }

    /// Links `behind` behind `ahead`.
    ///
    /// # Safety
    ///
    /// `ahead` is live until its `next` is set.
    pub(super) unsafe fn link(ahead: *mut Node<P>, behind: *mut Node<P>) {
        // SAFETY: By the contract of the function; its owner may be gone as soon as this is stored.
        // The release pairs with the acquire in `next`.
        unsafe { (*ahead).next.store(behind, Release) };
    }

    /// The moves that the last of a group goes on after, if it does.
    #[cfg(all(test, not(loom)))]
    pub(super) fn goes_on(&self) -> Option<u32> {
        self.group().checked_sub(HEIR)
    }

    fn state(&self) -> u32 {
        // Pairs with the releases in `go_on` and `make_first`.
        self.state.load(Acquire)
    }

    /// Waits to become first, or the next shuffler: in that case, returns the moves so far.
    pub(super) fn wait(&self, me: &Waiter) -> Option<u32> {
        me.spin_until(|| self.state() != WAITING);
        self.group().checked_sub(HEIR)
    }

    /// Whether the waiter is first.
    pub(super) fn is_first(&self) -> bool {
        self.state() == FIRST
    }

    /// Signals the waiter that it is first.
    ///
    /// # Safety
    ///
    /// `this` is live when the call begins. It may be gone when the call ends.
    pub(super) unsafe fn make_first(this: *mut Node<P>) {
        // SAFETY: Live until it is signalled, by the contract of the function.
        // The release pairs with the acquire in `wait`.
        unsafe { (*this).state.store(FIRST, Release) };
    }
}
