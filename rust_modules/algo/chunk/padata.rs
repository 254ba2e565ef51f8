// SPDX-License-Identifier: GPL-2.0

//! The kernel's own policy: a cursor under a spinlock.
//!
//! `padata_mt_helper()` in `kernel/padata.c`.

#![expect(unsafe_code, reason = "the cursor is plain memory behind the lock")]

use super::plan::round_up;
use crate::{
    lock::{
        Lock,
        Ttas, //
    },
    prelude::*, //
};

/// A shared cursor and its spinlock.
pub struct Padata {
    lock: Ttas,
    next: Cell<u64>,
    plan: Plan,
}

// SAFETY: `next` is only reached under `lock`; the plan is never written.
unsafe impl Sync for Padata {}
// SAFETY: As for `Sync`.
unsafe impl Send for Padata {}

impl ChunkPolicy for Padata {
    fn new(plan: &Plan, _: &[Deque]) -> Self {
        Self {
            lock: Lock::new(),
            next: Cell::new(plan.range.start),
            plan: plan.clone(),
        }
    }

    #[inline]
    fn take(&self, worker: &mut WorkerState<'_>, _: &[Deque]) -> Option<Range<u64>> {
        let Plan { range, chunk, .. } = &self.plan;
        let taken = self.lock.with(&worker.me, || {
            self.next.with_mut(|next| {
                // SAFETY: The lock is held, so no other worker reaches the cursor.
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
        worker.takes(taken)
    }
}
