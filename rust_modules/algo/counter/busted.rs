// SPDX-License-Identifier: GPL-2.0

//! Read, add, write, with nothing around them: it loses what two threads add at once.
//!
//! After `count_nonatomic.c` in perfbook's `CodeSamples/count`.

#![expect(unsafe_code, reason = "the race is the point")]

use super::{
    Counter,
    Lane, //
};
use crate::primitive::Cell;

/// Claims to count, and loses some.
pub struct Busted(Cell<i64>);

// SAFETY: None; that is the point. It is a plain word, so what is lost is a number.
unsafe impl Sync for Busted {}
// SAFETY: As above.
unsafe impl Send for Busted {}

impl Busted {
    /// Creates a counter at zero.
    pub fn new() -> Self {
        Self(Cell::new(0))
    }
}

impl Default for Busted {
    fn default() -> Self {
        Self::new()
    }
}

impl Counter for Busted {
    const NAME: &'static str = "busted";

    #[inline]
    fn add(&self, _: &Lane, n: i64) {
        // SAFETY: The word is live. Volatile, so that the compiler does not fold a loop of them.
        self.0.with_mut(|count| unsafe {
            count.write_volatile(count.read_volatile().wrapping_add(n));
        });
    }

    #[inline]
    fn read(&self) -> i64 {
        // SAFETY: The word is live.
        self.0.with(|count| unsafe { count.read_volatile() })
    }
}
