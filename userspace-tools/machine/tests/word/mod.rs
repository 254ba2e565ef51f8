// SPDX-License-Identifier: GPL-2.0

//! A word of a guest's memory.

use std::cell::Cell;

use machine::words;

/// A word of memory on a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
pub struct Word(Cell<u64>);

impl Word {
    pub fn address(&self) -> usize {
        self as *const Self as usize
    }
    pub fn load(&self) -> u64 {
        words::load(self.address());
        self.0.get()
    }
    pub fn store(&self, value: u64) {
        words::store(self.address());
        self.0.set(value);
    }
    #[allow(dead_code, reason = "not of every test")]
    pub fn swap(&self, value: u64) -> u64 {
        words::rmw(self.address());
        self.0.replace(value)
    }
    pub fn add(&self, value: u64) -> u64 {
        words::rmw(self.address());
        self.0.replace(self.0.get() + value)
    }
}
