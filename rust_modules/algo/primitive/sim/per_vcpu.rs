// SPDX-License-Identifier: GPL-2.0

//! The simulated twin of a word on each vCPU: each on a line of its own.
//!
//! A thread does not migrate, and no interrupt handler runs code of the guest, so a vCPU's word is its alone.

extern crate std;

use core::{
    cell::Cell,
    convert::Infallible, //
};
use std::boxed::Box;

use machine::words;

use super::{
    Acquire,
    Atomic,
    Ordering,
    Relaxed, //
};

std::thread_local! {
    static VCPUS: Cell<u32> = const { Cell::new(1) };
}

/// Calls `f`, which makes or uses memory of a machine with so many vCPUs.
pub fn with_vcpus<R>(vcpus: u32, f: impl FnOnce() -> R) -> R {
    let before = VCPUS.replace(vcpus);
    let r = f();
    VCPUS.set(before);
    r
}

/// The number of vCPUs of [`with_vcpus`].
pub fn possible_vcpus() -> u32 {
    VCPUS.get()
}

/// A word on each vCPU.
pub struct PerVcpu(Box<[Padded]>);

#[repr(align(128))]
struct Padded(Atomic<i64>);

impl PerVcpu {
    pub const BYTES: usize = size_of::<i64>();

    /// Makes one for a machine of [`possible_vcpus`]; it may fail in the kernel.
    pub fn new() -> Result<Self, Infallible> {
        let words = (0..possible_vcpus()).map(|_| Padded(Atomic::new(0)));
        Ok(Self(words.collect()))
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
