// SPDX-License-Identifier: GPL-2.0

//! The simulated twin of a word on each vCPU: each on a line of its own.
//!
//! A thread does not migrate, and no interrupt handler runs code of the guest, so a vCPU's word is its alone.

extern crate std;

use std::boxed::Box;

use machine::words;

use super::{
    Acquire,
    Atomic,
    Ordering,
    Relaxed, //
};

/// A word on each vCPU.
pub struct PerVcpu(Box<[Padded]>);

#[repr(align(128))]
struct Padded(Atomic<i64>);

impl PerVcpu {
    pub const BYTES: usize = size_of::<i64>();

    pub fn new(vcpus: u32) -> Self {
        Self((0..vcpus).map(|_| Padded(Atomic::new(0))).collect())
    }

    pub fn vcpus(&self) -> u32 {
        self.0.len() as u32
    }

    pub fn mine(&self) -> Mine<'_> {
        Mine(self)
    }

    pub fn add(&self, v: i64) {
        let word = self.mine().word();
        // One instruction without `lock`.
        word.store(word.get() + v, Relaxed);
    }

    pub fn of(&self, vcpu: u32) -> i64 {
        self.dead(vcpu).map_or(0, |word| word.load(Acquire))
    }

    pub fn dead(&self, vcpu: u32) -> Option<&Atomic<i64>> {
        self.0.get(vcpu as usize).map(|padded| &padded.0)
    }
}

/// The word of the vCPU that one is on.
#[derive(Clone, Copy)]
pub struct Mine<'a>(&'a PerVcpu);

impl<'a> Mine<'a> {
    fn word(self) -> &'a Atomic<i64> {
        let Self(PerVcpu(words)) = self;
        &words[here() as usize % words.len()].0
    }

    pub fn get(self) -> i64 {
        self.word().load(Relaxed)
    }

    pub fn cmpxchg<O: Ordering>(self, old: i64, new: i64, _: O) -> Result<i64, i64> {
        let word = self.word();
        let was = word.load(Relaxed);
        if was != old {
            return Err(was);
        }
        word.store(new, Relaxed);
        Ok(was)
    }
}

/// The vCPU that the caller is on.
pub fn here() -> u32 {
    words::current().0
}

/// Needs `v`.
pub fn keep(v: i64) {
    core::hint::black_box(v);
}

/// Runs `work`; nothing interrupts a vCPU's own code.
pub fn undisturbed<R>(work: impl FnOnce() -> R) -> R {
    work()
}
