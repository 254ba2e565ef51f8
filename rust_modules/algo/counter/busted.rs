// SPDX-License-Identifier: GPL-2.0

//! Unprotected read, add and write: it loses concurrent additions.
//!
//! After `count_nonatomic.c` in perfbook's `CodeSamples/count`.

#![expect(unsafe_code, reason = "the race is the point")]

use crate::prelude::*;

/// Promises to count, and loses some.
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

impl Counter for Busted {
    #[inline]
    fn add(&self, n: i64) {
        // Volatile, so that the compiler does not fold a loop of them.
        // SAFETY: The word is live.
        let seen = self.0.with(|count| unsafe { count.read_volatile() });
        // Most of the time goes by here, so that a vCPU that loses its CPU does so between the
        // read and the write: it is caught even where no two vCPUs ever run at once.
        cpu_relax();
        self.0.with_mut(|count| {
            // SAFETY: The word is live.
            unsafe { count.write_volatile(seen.wrapping_add(n)) }
        });
    }

    #[inline]
    fn read(&self) -> i64 {
        // SAFETY: The word is live.
        self.0.with(|count| unsafe { count.read_volatile() })
    }
}
