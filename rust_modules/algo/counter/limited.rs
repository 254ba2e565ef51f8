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
    /// Those that move spares right now.
    moving: Atomic<u32>,
}

impl Limited {
    /// Creates a counter at zero. A vCPU keeps at most `threshold` to spare.
    pub fn new(words: PerVcpu, threshold: u32, limit: i64) -> Self {
        Self {
            spares: Spares::new(words, threshold, 0),
            limit,
            moving: Atomic::new(0),
        }
    }

    /// Adds `n`, which is not negative, unless the limit, less what vCPUs have to spare, does not
    /// allow it.
    #[inline(always)]
    pub fn try_add(&self, n: i64) -> bool {
        self.spares.take(n) || self.reserve(n)
    }

    /// Adds `n`, which is not negative, if the limit allows it: refuses only if it would have been
    /// crossed while no vCPU had, or was about to get, any to spare.
    pub fn try_add_near(&self, n: i64, vcpus: &impl EachVcpu) -> bool {
        if self.try_add(n) {
            return true;
        }
        loop {
            self.give_back_all(vcpus);
            let settled = self.is_settled();
            if self.try_add(n) {
                return true;
            }
            if settled && self.is_settled() {
                return false;
            }
            // What others have to spare by now is given back in the next round.
            cpu_relax();
        }
    }

    /// Whether all that the central count has is in use.
    fn is_settled(&self) -> bool {
        // Between the central count and what is about to leave it: pairs with the Full operations on
        // `moving`, one before the central count changes, one after the spares did.
        smp_mb();
        let settled = self.moving.load(Acquire) == 0 && !self.spares.are_some();
        smp_mb();
        settled
    }

    /// Gives back what all vCPUs have to spare.
    fn give_back_all(&self, vcpus: &impl EachVcpu) {
        // Whether that leaves nothing does not matter here.
        let live = || {
            self.move_spares(|| {
                let _ = self.spares.fold();
            });
        };
        let dead = |vcpu| {
            self.move_spares(|| {
                let _ = self.spares.fold_dead(vcpu);
            });
        };
        vcpus.visit(&live, &dead);
    }

    /// Runs `act`, which moves spares between the central count and a vCPU.
    fn move_spares<R>(&self, act: impl FnOnce() -> R) -> R {
        // Both pair with the barriers and the acquire in `is_settled`.
        self.moving.fetch_add(1, Full);
        let r = act();
        self.moving.fetch_sub(1, Full);
        r
    }

    /// Takes away `n`, which is not negative and no more than was added.
    #[inline(always)]
    pub fn sub(&self, n: i64) {
        // Whether that leaves nothing does not matter here.
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
            let reserved = match spare {
                0 => self.take_central(central, n, 0),
                _ => self.move_spares(|| self.take_central(central, n, spare)),
            };
            match reserved {
                Ok(_) => return true,
                Err(now) => central = now,
            }
        }
    }

    /// Takes `n` and `spare` from the central count if that is `central`; else returns what it is.
    fn take_central(&self, central: i64, n: i64, spare: i64) -> Result<i64, i64> {
        let new = central.wrapping_add(n).wrapping_add(spare);
        let taken = self.spares.central.cmpxchg(central, new, Relaxed);
        if taken.is_ok() {
            // That some may go back at once does not matter.
            let _ = self.spares.give(spare);
        }
        taken
    }
}
