// SPDX-License-Identifier: GPL-2.0

//! Users of a list of open files, and the oracle that checks the list.
//!
//! Piggin, "Scaling the Linux VFS", 2009, names them: `open`, `close`, and the remount that
//! searches for files. Each thread owns some files. It closes one and opens it again; every so
//! often it first trades the file for one that another thread opened elsewhere.
//!
//! A file's *turn* is odd from after it was opened until before it is closed. A walk must see every
//! file whose turn was odd, and the same, before and after the walk.

use super::FileList;
use crate::bottleneck::prelude::*;

/// What the oracle knows of a file.
#[derive(Default)]
#[repr(align(64))]
pub struct Oracle {
    turn: Atomic<u32>,
    /// The turn before the current walk, and how often that walk saw the file; written by the
    /// walking thread.
    before: Atomic<u32>,
    seen: Atomic<u32>,
}

/// The number of a file that a thread owns, or that is offered in trade.
#[repr(align(64))]
pub struct Held(Atomic<u32>);

impl Held {
    /// Holds `file`.
    pub fn new(file: u32) -> Self {
        Self(Atomic::new(file))
    }
}

/// A list and its users.
pub struct Users<F, H, T> {
    list: F,
    /// The files of each thread, followed by one file per thread that is offered in trade.
    held: H,
    oracles: T,
    threads: u32,
    /// Files of a thread.
    each: u32,
    walking: Atomic<bool>,
}

impl<F: FileList, H: Storage<Item = Held>, T: Storage<Item = Oracle>> Users<F, H, T> {
    /// Creates `threads` users of `list` with `each` files, all closed. `held` holds the numbers
    /// from 0 on, [`files`] of them; each file has an oracle.
    pub fn new(list: F, held: H, oracles: T, threads: u32, each: u32) -> Self {
        Self {
            list,
            held,
            oracles,
            threads,
            each,
            walking: Atomic::new(false),
        }
    }

    /// Closes and opens one of the thread's files; if `traded`, one of another thread instead.
    #[inline]
    pub fn step(&self, thread: u32, which: u32, traded: bool, me: &Waiter) {
        let mine = thread.wrapping_mul(self.each);
        let mine = mine.wrapping_add(which.checked_rem(self.each).unwrap_or(0));
        let Some(held) = self.held.get(mine as usize) else {
            return;
        };
        // Only the thread itself writes it.
        let mut file = held.0.load(Relaxed);
        if traded {
            file = self.trade(which, file);
            held.0.store(file, Relaxed);
        }
        let Some(oracle) = self.oracles.get(file as usize) else {
            return;
        };
        let mut turn = oracle.turn.load(Relaxed);
        if turn & 1 == 1 {
            turn = turn.wrapping_add(1);
            // Precedes the lock under which the file leaves the list: pairs with the second load of
            // the turn in `check`.
            oracle.turn.store(turn, Relaxed);
            self.list.close(file, me);
        }
        self.list.open(file, me);
        // Pairs with the first load in `check`: a walk that reads it gets the lock after this thread.
        oracle.turn.store(turn.wrapping_add(1), Release);
    }

    /// Offers `file` in trade, and returns the file that was offered there.
    #[inline]
    fn trade(&self, which: u32, file: u32) -> u32 {
        let offer = which.rotate_right(16).checked_rem(self.threads);
        let offers = self.threads.wrapping_mul(self.each);
        match self
            .held
            .get(offers.wrapping_add(offer.unwrap_or(0)) as usize)
        {
            // Hands the file over with all that happened to it: pairs with itself.
            Some(held) => held.0.xchg(file, Full),
            None => file,
        }
    }

    /// Walks along the list and checks what the walk saw. One thread at a time does; a second one
    /// returns at once.
    pub fn check(&self, me: &Waiter) -> Checked {
        // Pairs with the release below, by the previous walk.
        if self.walking.xchg(true, Acquire) {
            return Ok(());
        }
        for oracle in self.oracles.iter() {
            // Pairs with the release in `step`.
            oracle.before.store(oracle.turn.load(Acquire), Relaxed);
        }
        self.look(me);
        let seen = self.oracles.iter().map(|oracle| {
            let (before, seen) = (oracle.before.load(Relaxed), oracle.seen.load(Relaxed));
            // If the file left the list before the walk, this load sees the turn end.
            let stayed = before & 1 == 1 && oracle.turn.load(Acquire) == before;
            match seen {
                0 if stayed => Err("walk_lost"),
                0 | 1 => Ok(()),
                _ => Err("walk_doubled"),
            }
        });
        let checked = seen.fold(Ok(()), Result::and);
        // Pairs with the exchange above.
        self.walking.store(false, Release);
        checked
    }

    /// Counts how often a walk sees each file.
    fn look(&self, me: &Waiter) {
        for oracle in self.oracles.iter() {
            oracle.seen.store(0, Relaxed);
        }
        self.list.walk(me, &mut |file| {
            if let Some(oracle) = self.oracles.get(file as usize) {
                let seen = oracle.seen.load(Relaxed).wrapping_add(1);
                oracle.seen.store(seen, Relaxed);
            }
        });
    }

    /// Checks, after all threads have left, that the list holds every open file once.
    pub fn audit(&self, me: &Waiter, to: Findings<'_>) {
        self.look(me);
        let (mut lost, mut doubled, mut left) = (0_u64, 0_u64, 0_u64);
        for oracle in self.oracles.iter() {
            match (oracle.turn.load(Relaxed) & 1, oracle.seen.load(Relaxed)) {
                (_, 2..) => doubled = doubled.wrapping_add(1),
                (1, 0) => lost = lost.wrapping_add(1),
                (0, 1) => left = left.wrapping_add(1),
                _ => {}
            }
        }
        to("lost", lost, 0);
        to("doubled", doubled, 0);
        to("left", left, 0);
    }
}

/// Returns how many files `threads` threads with `each` files need: one more each, for trade.
pub fn files(threads: u32, each: u32) -> u32 {
    threads.saturating_mul(each.saturating_add(1))
}
