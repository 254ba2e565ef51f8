// SPDX-License-Identifier: GPL-2.0

//! The shuffler of `shfl`: the one waiter that sorts those behind itself.
//!
//! ```text
//!   me … last ──▶ x ──▶ at ──▶ next ──▶ beyond            next goes with me
//!   me … last ──▶ next ──▶ x ──▶ at ──▶ beyond            next is the last now
//! ```
//!
//! A waiter without one behind it is not moved: the thread that comes next links itself to it.

use super::{
    node::Node,
    policy::Policy, //
};
use crate::prelude::*;

/// The shuffler, its group and its position. All nodes from its own on stay live until it leaves the queue.
pub(super) struct Shuffler<P> {
    policy: P,
    /// Last of its group.
    last: *mut Node<P>,
    /// Last that it looked at; `last` unless some behind that do not go with it.
    at: *mut Node<P>,
    /// Moves in the group so far.
    moves: u32,
}

impl<P: Policy> Shuffler<P> {
    /// Creates the shuffler whose node is `mine`, which the caller owns.
    pub(super) fn new(mine: *mut Node<P>, moves: u32) -> Self {
        Self {
            // SAFETY: The caller's own.
            policy: unsafe { (*mine).policy() },
            last: mine,
            at: mine,
            moves,
        }
    }

    /// Sorts the waiters behind, and returns once `is_done`, which only loads.
    pub(super) fn shuffle_until(&mut self, is_done: impl Fn() -> bool, me: &Waiter) {
        while !is_done() {
            let at = self.at;
            if at != self.last && self.moves >= me.tuning.overtakes {
                return me.spin_until(is_done);
            }
            // SAFETY: All from the shuffler's own node on wait behind it.
            let next = unsafe { (*at).next() };
            if next.is_null() {
                // SAFETY: As above.
                me.spin_until(|| is_done() || unsafe { !(*at).next().is_null() });
                continue;
            }
            // SAFETY: As above.
            if !self.policy.goes_with(unsafe { (*next).policy() }) {
                self.at = next;
                continue;
            }
            if at == self.last {
                self.at = next;
            } else {
                // SAFETY: As above.
                let beyond = || unsafe { (*next).next() };
                if beyond().is_null() {
                    me.spin_until(|| is_done() || !beyond().is_null());
                    continue;
                }
                self.move_up(next, beyond());
                me.events.queue_overtakes.bump();
            }
            self.last = next;
            // SAFETY: As above.
            unsafe { (*next).join_group() };
        }
    }

    /// Moves `next`, which is behind `at` and ahead of `beyond`, behind the group's last.
    fn move_up(&mut self, next: *mut Node<P>, beyond: *mut Node<P>) {
        let Self { last, at, .. } = *self;
        // SAFETY: All wait behind the shuffler, and each has one behind it: no other thread writes their `next`.
        unsafe {
            (*at).set_next(beyond);
            (*next).set_next((*last).next());
            (*last).set_next(next);
        }
        self.moves = self.moves.saturating_add(1);
    }

    /// The shuffler, whose node is `mine`, has the lock: the last of its group goes on.
    pub(super) fn resign(self, mine: *mut Node<P>) {
        if self.last != mine {
            // SAFETY: It waits behind the caller.
            unsafe { (*self.last).go_on(self.moves) };
        }
    }
}
