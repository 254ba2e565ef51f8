// SPDX-License-Identifier: GPL-2.0

//! A sloppy counter that never crosses its limit, and is exact near it.
//!
//! After `count_lim.c` in perfbook's `CodeSamples/count`, whose threads each have a part of what
//! is left; here a part is a spare, as in [`SloppyRef`](super::SloppyRef). What a vCPU has to
//! spare was counted against the limit when it got it, so taking it needs no check of the limit.
//! May be used in any context, but for [`try_add_near`](Limited::try_add_near), which visits
//! other vCPUs.

use super::spares::Spares;
use crate::prelude::*;

/// A count between zero and a limit.
pub struct Limited {
    spares: Spares,
    limit: i64,
}

impl Limited {
    /// Creates a counter at zero. A vCPU keeps at most `threshold` to spare.
    pub fn new(words: PerVcpu, threshold: u32, limit: i64) -> Self {
        Self {
            spares: Spares::new(words, threshold, 0),
            limit,
        }
    }

    /// Adds `n`, which is not negative, unless the limit, less what vCPUs have to spare, does not
    /// allow it.
    #[inline(always)]
    pub fn try_add(&self, n: i64) -> bool {
        self.spares.take(n) || self.reserve(n)
    }

    /// Adds `n`, which is not negative, if the limit allows it: refuses only if, after all spares
    /// were given back, it would have been crossed.
    pub fn try_add_near(&self, n: i64, vcpus: &impl EachVcpu) -> bool {
        if self.try_add(n) {
            return true;
        }
        // Whether that leaves nothing does not matter here.
        let live = || {
            let _ = self.spares.fold();
        };
        let dead = |vcpu| {
            let _ = self.spares.fold_dead(vcpu);
        };
        vcpus.visit(&live, &dead);
        self.try_add(n)
    }

    /// Takes away `n`, which is not negative and no more than was added.
    #[inline(always)]
    pub fn sub(&self, n: i64) {
        // As above.
        let _ = self.spares.give(n);
    }

    /// Returns the count; exact while no thread adds, meanwhile perhaps too high.
    pub fn sum(&self) -> i64 {
        self.spares.in_use()
    }

    /// Returns a number that the count is not above, cheaply.
    pub fn read(&self) -> i64 {
        self.spares.central.load(Relaxed)
    }

    /// Takes `n` from the central count, and some to spare if there is room for that too.
    #[cold]
    #[inline(never)]
    fn reserve(&self, n: i64) -> bool {
        let mut central = self.spares.central.load(Relaxed);
        loop {
            let room = self.limit.saturating_sub(central);
            if n > room {
                return false;
            }
            let spare = self.spares.kept().min(room.saturating_sub(n));
            let new = central.wrapping_add(n).wrapping_add(spare);
            match self.spares.central.cmpxchg(central, new, Relaxed) {
                Ok(_) => {
                    // That some may go back at once does not matter.
                    let _ = self.spares.give(spare);
                    return true;
                }
                Err(now) => central = now,
            }
        }
    }
}
