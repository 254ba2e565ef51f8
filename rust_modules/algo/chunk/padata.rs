// SPDX-License-Identifier: GPL-2.0

//! The kernel's own hand-out: a cursor that workers move under a spinlock.
//!
//! `padata_mt_helper()` in `kernel/padata.c`.

#![expect(unsafe_code, reason = "the cursor is plain memory behind the lock")]

use core::ops::Range;

use super::{
    plan::round_up,
    HandOut,
    Lane,
    Plan,
    Turn, //
};
use crate::{
    lock::{
        Lock,
        Ttas, //
    },
    primitive::Cell, //
};

/// A cursor, and the lock around it.
pub struct Padata {
    lock: Ttas,
    next: Cell<u64>,
    plan: Plan,
}

// SAFETY: `next` is only reached under `lock`; the plan is never written.
unsafe impl Sync for Padata {}
// SAFETY: As for `Sync`.
unsafe impl Send for Padata {}

impl HandOut for Padata {
    const NAME: &'static str = "padata";

    fn new(plan: &Plan, _: &[Lane]) -> Self {
        Self {
            lock: Ttas::new(),
            next: Cell::new(plan.range.start),
            plan: plan.clone(),
        }
    }

    #[inline]
    fn take(&self, turn: &mut Turn<'_>, _: &[Lane]) -> Option<Range<u64>> {
        let Plan { range, chunk, .. } = &self.plan;
        let taken = self.lock.with(&turn.me, || {
            self.next.with_mut(|next| {
                // SAFETY: The lock is held, so nobody else reaches the cursor.
                let start = unsafe { *next };
                // So that the end is aligned to the chunk size if enough is left.
                let end = round_up(start.saturating_add(1), *chunk).min(range.end);
                // SAFETY: As above.
                unsafe { *next = end };
                start..end
            })
        });
        if taken.is_empty() {
            return None;
        }
        turn.taken = turn.taken.wrapping_add(1);
        Some(taken)
    }
}
