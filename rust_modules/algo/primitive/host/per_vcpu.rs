// SPDX-License-Identifier: GPL-2.0

//! The host twin of a word on each vCPU.
//!
//! A thread is on the vCPU that [`on`] sets. Two threads on one vCPU are a task and what
//! interrupts it; a thread in [`wander`] is a task that migrates between any two instructions. An
//! operation is atomic among all threads, which is more than the machine gives, but no thread can
//! reach the word of a vCPU that it is not on, save of one that is [`dead`](PerVcpu::dead).

extern crate std;

use core::cell::Cell;
use std::boxed::Box;

use super::{
    Acquire,
    Atomic,
    Ordering,
    Relaxed, //
};

/// A word on each vCPU.
pub struct PerVcpu(Box<[Atomic<i64>]>);

impl PerVcpu {
    pub const BYTES: usize = size_of::<i64>();

    pub fn new(vcpus: u32) -> Self {
        Self((0..vcpus).map(|_| Atomic::new(0)).collect())
    }

    pub fn vcpus(&self) -> u32 {
        self.0.len() as u32
    }

    pub fn mine(&self) -> Mine<'_> {
        Mine(self)
    }

    pub fn add(&self, v: i64) {
        self.mine().word().add(v, Relaxed);
    }

    pub fn of(&self, vcpu: u32) -> i64 {
        self.dead(vcpu).map_or(0, |word| word.load(Acquire))
    }

    pub fn dead(&self, vcpu: u32) -> Option<&Atomic<i64>> {
        self.0.get(vcpu as usize)
    }
}

/// The word of the vCPU that one is on, wherever that is each time.
#[derive(Clone, Copy)]
pub struct Mine<'a>(&'a PerVcpu);

impl<'a> Mine<'a> {
    /// The word; afterwards, a thread that migrates is on the next vCPU, but each third time.
    fn word(self) -> &'a Atomic<i64> {
        let Self(PerVcpu(words)) = self;
        let at = HERE.with(|here| {
            let (at, steps) = here.get();
            here.set(match steps {
                None => (at, None),
                // A thread that migrated every time would retry for ever, always one step late.
                Some(2) => (at, Some(0)),
                Some(n) => (at + 1, Some(n + 1)),
            });
            at
        });
        &words[at as usize % words.len()]
    }

    pub fn get(self) -> i64 {
        self.word().load(Relaxed)
    }

    pub fn cmpxchg<O: Ordering>(self, old: i64, new: i64, order: O) -> Result<i64, i64> {
        self.word().cmpxchg(old, new, order)
    }
}

/// The vCPU that this thread is on.
pub fn here() -> u32 {
    HERE.with(|here| here.get().0)
}

/// Needs `v`.
pub fn keep(v: i64) {
    core::hint::black_box(v);
}

/// Runs `work` on `vcpu`.
pub fn on<R>(vcpu: u32, work: impl FnOnce() -> R) -> R {
    let before = HERE.with(|here| here.replace((vcpu, None)));
    let r = work();
    HERE.with(|here| here.set(before));
    r
}

/// Runs `work`, which migrates to the next vCPU between most of its instructions.
pub fn wander<R>(work: impl FnOnce() -> R) -> R {
    let before = HERE.with(|here| here.replace((here.get().0, Some(0))));
    let r = work();
    HERE.with(|here| here.set(before));
    r
}

/// Runs `work` on the vCPU that this thread is on now. An NMI still comes meanwhile, so the twin
/// excludes no other thread.
pub fn undisturbed<R>(work: impl FnOnce() -> R) -> R {
    on(here(), work)
}

// The vCPU, and the step of a thread that migrates.
#[cfg(not(loom))]
std::thread_local! {
    static HERE: Cell<(u32, Option<u32>)> = const { Cell::new((0, None)) };
}

#[cfg(loom)]
loom::thread_local! {
    static HERE: Cell<(u32, Option<u32>)> = Cell::new((0, None));
}
