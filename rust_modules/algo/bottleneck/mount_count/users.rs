// SPDX-License-Identifier: GPL-2.0

//! Users of mounts that are unmounted and mounted again, and the oracle that checks the last put.
//!
//! A mount has two halves, one of which is shown. A user finds the shown half under RCU. Unmounting
//! shows the other half, waits for a grace period, and detaches this one: the last put renews it.
//! The model covers the halves; the grace periods of the kernel itself are tested only.

use super::Count;
use crate::{
    bottleneck::prelude::*,
    counter::EachVcpu,
    primitive::{
        grace,
        rcu, //
    }, //
};

/// Halves that a vCPU closes in one interrupt.
const CLOSED_AT_ONCE: usize = 1024;

/// A half of a mount.
///
/// ```text
///   new ──shown──▶ attached ──detached──▶ ending ──last reference put──▶ new
/// ```
#[repr(align(128))]
struct Half<C> {
    count: C,
    /// It is new.
    new: Atomic<u32>,
    /// Its last reference has not been put.
    alive: Atomic<u32>,
    detached: Atomic<u64>,
    ends: Atomic<u64>,
}

impl<C: Count> Half<C> {
    fn new(count: C, new: u32) -> Self {
        Self {
            count,
            new: Atomic::new(new),
            alive: Atomic::new(1),
            detached: Atomic::new(0),
            ends: Atomic::new(0),
        }
    }

    /// Renews the half after the last put.
    fn end(&self) -> Checked {
        let alive = self.alive.xchg(0, Full);
        let ends = self.ends.fetch_add(1, Relaxed);
        match (alive, ends < self.detached.load(Relaxed)) {
            (0, _) => return Err("twice"),
            (_, false) => return Err("early"),
            _ => {}
        }
        self.count.revive();
        self.alive.store(1, Relaxed);
        // Pairs with the acquire in `show_other`.
        self.new.store(1, Release);
        Ok(())
    }

    fn put(&self, me: &Waiter) -> Checked {
        if self.alive.load(Relaxed) == 0 {
            return Err("dead");
        }
        match self.count.put(me) {
            true => self.end(),
            false => Ok(()),
        }
    }
}

/// A mount that is unmounted and mounted again.
pub struct Mount<C> {
    shown: Atomic<u32>,
    /// 1 while the other half is no longer shown and not yet detached; the thread that unmounts
    /// writes it.
    leaves: Atomic<u32>,
    halves: [Half<C>; 2],
}

impl<C: Count> Mount<C> {
    /// Creates it with the counts of its halves, each with one reference.
    pub fn new(counts: [C; 2]) -> Self {
        let [first, second] = counts;
        Self {
            shown: Atomic::new(0),
            leaves: Atomic::new(0),
            halves: [Half::new(first, 0), Half::new(second, 1)],
        }
    }

    /// Shows the other half, if that is new; returns whether it was.
    fn show_other(&self) -> bool {
        let shown = self.shown.load(Relaxed);
        let other = self.half(shown ^ 1);
        // Pairs with the release in `end`.
        if other.new.load(Acquire) == 0 {
            return false;
        }
        other.new.store(0, Relaxed);
        // Pairs with the acquire in `get`.
        self.shown.store(shown ^ 1, Release);
        self.leaves.store(1, Relaxed);
        true
    }

    /// Returns the half that is no longer shown and not yet detached.
    fn leaving(&self) -> Option<&Half<C>> {
        let leaves = self.leaves.load(Relaxed) == 1;
        leaves.then(|| self.half(self.shown.load(Relaxed) ^ 1))
    }

    /// Detaches that half, if there is one.
    fn detach(&self, me: &Waiter) -> Checked {
        let Some(this) = self.leaving() else {
            return Ok(());
        };
        self.leaves.store(0, Relaxed);
        // The last put follows the detaching, and so sees this.
        this.detached.fetch_add(1, Relaxed);
        match this.count.detach(me) {
            true => this.end(),
            false => Ok(()),
        }
    }

    fn half(&self, which: u32) -> &Half<C> {
        let [first, second] = &self.halves;
        if which == 0 {
            first
        } else {
            second
        }
    }
}

/// The reference that another thread passed to this one; 0 is none.
#[derive(Default)]
#[repr(align(128))]
pub struct Mailbox(Atomic<u32>);

/// Mounts and their users.
pub struct Users<M, S> {
    mounts: M,
    mailboxes: S,
}

impl<C: Count, M: Storage<Item = Mount<C>>, S: Storage<Item = Mailbox>> Users<M, S> {
    /// Creates the users, with a mailbox for each thread.
    pub fn new(mounts: M, mailboxes: S) -> Self {
        Self { mounts, mailboxes }
    }

    /// Gets a reference to a mount and puts it.
    #[inline]
    pub fn refer(&self, mount: u32, me: &Waiter) -> Checked {
        match self.get(mount, me) {
            Some((_, half)) => half.put(me),
            None => Ok(()),
        }
    }

    /// Gets a reference to a mount, passes it to thread `to`, and puts the one in that mailbox.
    pub fn pass(&self, mount: u32, to: u32, me: &Waiter) -> Checked {
        let Some((handle, half)) = self.get(mount, me) else {
            return Ok(());
        };
        match self.mailboxes.get(to as usize) {
            // Passes the reference on: pairs with itself.
            Some(mailbox) => self.put_handle(mailbox.0.xchg(handle, Full), me),
            None => half.put(me),
        }
    }

    /// Gets a reference to the shown half of a mount; returns it with its number, never 0.
    #[inline]
    fn get(&self, mount: u32, me: &Waiter) -> Option<(u32, &Half<C>)> {
        let its = self.mounts.get(mount as usize)?;
        rcu(|| {
            // Pairs with the release in `show_other`: the shown half is new.
            let shown = its.shown.load(Acquire);
            let half = its.half(shown);
            half.count.get(me);
            let handle = mount.wrapping_mul(2).wrapping_add(shown).wrapping_add(1);
            Some((handle, half))
        })
    }

    fn put_handle(&self, handle: u32, me: &Waiter) -> Checked {
        let Some(at) = handle.checked_sub(1) else {
            return Ok(());
        };
        match self.mounts.get((at / 2) as usize) {
            Some(mount) => mount.half(at % 2).put(me),
            None => Ok(()),
        }
    }

    /// Shows the other half of a mount and detaches this one, unless the other is not new yet. One
    /// thread at a time unmounts a mount. It sleeps.
    pub fn unmount(&self, mount: u32, vcpus: &impl EachVcpu, me: &Waiter) -> Checked {
        let at = mount as usize;
        let mounts = self.mounts.get(at..).and_then(|mounts| mounts.get(..1));
        let (mut checked, mounts) = (Ok(()), mounts.unwrap_or_default());
        Self::unmount_all(mounts, vcpus, me, &mut |half| checked = half);
        checked
    }

    /// The same for all `mounts`, with one grace period.
    fn unmount_all(
        mounts: &[Mount<C>],
        vcpus: &impl EachVcpu,
        me: &Waiter,
        note: &mut dyn FnMut(Checked),
    ) {
        if mounts.iter().filter(|mount| mount.show_other()).count() == 0 {
            return;
        }
        grace();
        for mounts in mounts.chunks(CLOSED_AT_ONCE) {
            let halves = || mounts.iter().filter_map(Mount::leaving);
            if C::CLOSES {
                let live = || halves().for_each(|half| half.count.close());
                let dead = |vcpu| halves().for_each(|half| half.count.close_dead(vcpu));
                vcpus.visit(&live, &dead);
            }
            mounts.iter().for_each(|mount| note(mount.detach(me)));
        }
    }

    /// Puts all references, unmounts all, and checks that each detached half ended once. All
    /// threads have left. It sleeps.
    pub fn audit(&self, vcpus: &impl EachVcpu, me: &Waiter, to: Findings<'_>) {
        let mut wrong = 0;
        let mut note = |checked: Checked| wrong += u64::from(checked.is_err());
        for mailbox in self.mailboxes.iter() {
            // As in `pass`.
            note(self.put_handle(mailbox.0.xchg(0, Full), me));
        }
        Self::unmount_all(&self.mounts, vcpus, me, &mut note);
        let halves = || self.mounts.iter().flat_map(|mount| mount.halves.iter());
        let sum = |of: fn(&Half<C>) -> &Atomic<u64>| {
            let each = halves().map(|half| of(half).load(Relaxed));
            each.fold(0, u64::wrapping_add)
        };
        to("ends", sum(|half| &half.ends), sum(|half| &half.detached));
        let even = halves().filter(|half| {
            let (ends, detached) = (half.ends.load(Relaxed), half.detached.load(Relaxed));
            ends == detached
        });
        to("halves", even.count() as u64, halves().count() as u64);
        to("wrong_at_the_end", wrong, 0);
    }
}
