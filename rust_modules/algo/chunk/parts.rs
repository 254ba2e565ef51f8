// SPDX-License-Identifier: GPL-2.0

//! One equal part for each worker: no hand-out at all, and nothing to even out.

use core::{
    num::NonZeroU64,
    ops::Range, //
};

use super::{
    HandOut,
    Lane,
    Plan,
    Turn, //
};

/// The range, cut once.
pub struct Static(Plan);

impl Static {
    /// Returns where the part of worker `n` begins, and that of its predecessor ends.
    fn seam(&self, n: u64) -> u64 {
        let Plan { range, workers, .. } = &self.0;
        let size = range.end.wrapping_sub(range.start);
        let workers = NonZeroU64::new(u64::from(*workers)).unwrap_or(NonZeroU64::MIN);
        // The first `size % workers` parts are one larger.
        let whole = (size / workers).wrapping_mul(n);
        let extra = n.min(size % workers);
        self.0
            .end_at(range.start.saturating_add(whole).saturating_add(extra))
    }
}

impl HandOut for Static {
    const NAME: &'static str = "static";

    fn new(plan: &Plan, _: &[Lane]) -> Self {
        Self(plan.clone())
    }

    #[inline]
    fn take(&self, turn: &mut Turn<'_>, _: &[Lane]) -> Option<Range<u64>> {
        if turn.taken > 0 {
            return None;
        }
        let n = u64::from(turn.worker);
        // The first part begins at the start and the last one ends at the end, aligned or not.
        let start = match n {
            0 => self.0.range.start,
            _ => self.seam(n),
        };
        let end = match n.wrapping_add(1) {
            next if next >= u64::from(self.0.workers) => self.0.range.end,
            next => self.seam(next),
        };
        if turn.worker >= self.0.workers || start >= end {
            return None;
        }
        turn.taken = 1;
        Some(start..end)
    }
}
