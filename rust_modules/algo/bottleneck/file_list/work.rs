// SPDX-License-Identifier: GPL-2.0

//! What threads do to a list of open files, and how it is known that the list is right.
//!
//! Piggin, "Scaling the Linux VFS", 2009, names the users: `open` and `close`, and the remount
//! that looks for files. Each thread has some files. It closes one and opens it anew; every so
//! often it gives one away before, and goes on with one that another thread opened elsewhere.
//!
//! A file's *turn* is odd from after it was opened until before it is closed. Whoever finds the
//! same odd turn before and after a walk knows that the walk had to see the file.

use core::ops::Deref;

use super::FileList;
use crate::{
    bottleneck::{
        Checked,
        Findings, //
    },
    primitive::{
        Acquire,
        Atomic,
        Full,
        Relaxed,
        Release, //
    },
    Waiter, //
};

/// What is known of a file from elsewhere than its list.
#[derive(Default)]
#[repr(align(64))]
pub struct Truth {
    turn: Word,
    /// The turn before the walk under way, and how often that saw it; of whoever walks.
    before: Word,
    seen: Word,
}

/// The number of a file that a thread has, or that lies ready for any.
#[repr(align(64))]
pub struct Held(Atomic<u32>);

impl Held {
    /// Holds `file`.
    pub fn new(file: u32) -> Self {
        Self(Atomic::new(file))
    }
}

struct Word(Atomic<u32>);

impl Default for Word {
    fn default() -> Self {
        Self(Atomic::new(0))
    }
}

/// A list and its users.
pub struct Work<F, H, T> {
    list: F,
    /// A thread's files, and behind everyone's one for each that lies ready.
    held: H,
    truths: T,
    threads: u32,
    /// Files of a thread.
    each: u32,
    walking: Atomic<bool>,
}

impl<F, H, T> Work<F, H, T>
where
    F: FileList,
    H: Deref<Target = [Held]>,
    T: Deref<Target = [Truth]>,
{
    /// Creates the users of `list`, all of whose files are closed: `threads` with `each` so many.
    /// `held` holds the numbers from 0 on, [`files`] of them, and each has its truth.
    pub fn new(list: F, held: H, truths: T, threads: u32, each: u32) -> Self {
        Self {
            list,
            held,
            truths,
            threads,
            each,
            walking: Atomic::new(false),
        }
    }

    /// Closes one of the thread's files, or if `given_away` one of another thread's, and opens it.
    #[inline]
    pub fn step(&self, thread: u32, which: u32, given_away: bool, me: &Waiter) {
        let mine = thread.wrapping_mul(self.each);
        let mine = mine.wrapping_add(which.checked_rem(self.each).unwrap_or(0));
        let Some(held) = self.held.get(mine as usize) else {
            return;
        };
        // Only the thread itself writes it.
        let mut file = held.0.load(Relaxed);
        if given_away {
            file = self.trade(which, file);
            held.0.store(file, Relaxed);
        }
        let Some(truth) = self.truths.get(file as usize) else {
            return;
        };
        let mut turn = truth.turn.0.load(Relaxed);
        if turn & 1 == 1 {
            turn = turn.wrapping_add(1);
            // Comes before the lock under which the file is taken off the list: pairs with the
            // second look in `check`.
            truth.turn.0.store(turn, Relaxed);
            self.list.close(file, me);
        }
        self.list.open(file, me);
        // Pairs with the first look in `check`: who sees it gets the lock after this thread.
        truth.turn.0.store(turn.wrapping_add(1), Release);
    }

    /// Puts `file` where others find it, and takes the one that lay there.
    #[inline]
    fn trade(&self, which: u32, file: u32) -> u32 {
        let ready = which.rotate_right(16).checked_rem(self.threads);
        let others = self.threads.wrapping_mul(self.each);
        let ready = others.wrapping_add(ready.unwrap_or(0));
        match self.held.get(ready as usize) {
            // Hands the file over with all that happened to it: pairs with itself.
            Some(held) => held.0.xchg(file, Full),
            None => file,
        }
    }

    /// Walks along the list, and holds what it saw against the truth. One thread at a time does;
    /// another that would has nothing to say.
    pub fn check(&self, me: &Waiter) -> Checked {
        // Pairs with the release below, of whoever walked before.
        if self.walking.xchg(true, Acquire) {
            return Ok(());
        }
        for truth in self.truths.iter() {
            // Pairs with the release in `step`.
            truth.before.0.store(truth.turn.0.load(Acquire), Relaxed);
        }
        self.look(me);
        let seen = self.truths.iter().map(|truth| {
            let (before, seen) = (truth.before.0.load(Relaxed), truth.seen.0.load(Relaxed));
            // If the file was taken off before the walk, the turn that was over then is seen here.
            let stayed = before & 1 == 1 && truth.turn.0.load(Acquire) == before;
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
        for truth in self.truths.iter() {
            truth.seen.0.store(0, Relaxed);
        }
        self.list.walk(me, &mut |file| {
            if let Some(truth) = self.truths.get(file as usize) {
                let seen = truth.seen.0.load(Relaxed).wrapping_add(1);
                truth.seen.0.store(seen, Relaxed);
            }
        });
    }

    /// Tells, once all threads have left, what must be true of the list then.
    pub fn settle(&self, me: &Waiter, to: Findings<'_>) {
        self.look(me);
        let (mut lost, mut doubled, mut left) = (0_u64, 0_u64, 0_u64);
        for truth in self.truths.iter() {
            match (truth.turn.0.load(Relaxed) & 1, truth.seen.0.load(Relaxed)) {
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

/// How many files there are if each of `threads` has `each` so many: one more for each lies ready.
pub fn files(threads: u32, each: u32) -> u32 {
    threads.saturating_mul(each.saturating_add(1))
}
