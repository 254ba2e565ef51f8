// SPDX-License-Identifier: GPL-2.0

//! Log of what was done, from which it is undone.

mod sort;

use core::ops::Range;

use kernel::alloc::AllocError;
use rig::prelude::*;

use crate::Work;

/// Log of one worker. Room is made before a chunk is done, so that logging it cannot fail.
#[derive(Default)]
pub(crate) struct Log(KVVec<Range<u64>>);

impl Log {
    /// Makes room for one more.
    pub(crate) fn reserve(&mut self) -> Result<(), AllocError> {
        self.0.reserve(1, may_fail())
    }

    /// Logs that `done` was done.
    pub(crate) fn note(&mut self, done: Range<u64>) {
        if done.is_empty() {
            return;
        }
        if let Some(last) = self.0.last_mut() {
            if last.end == done.start {
                last.end = done.end;
                return;
            }
        }
        // There is room.
        let _ = self.0.push(done, GFP_KERNEL);
    }

    fn sort(&mut self) {
        sort::sort(&mut self.0);
    }
}

/// Result of undoing.
#[derive(Default)]
pub(crate) struct Undone {
    pub(crate) indices: u64,
    /// Ranges that overlapped one before: the chunk policy repeated an index.
    pub(crate) disorder: u64,
}

/// Undoes all that is in `logs`, in ascending order, each index once. It allocates nothing.
pub(crate) fn undo(logs: &mut [Log], work: &dyn Work) -> Undone {
    logs.iter_mut().for_each(Log::sort);
    let mut undone = Undone::default();
    let mut below = 0u64;
    while let Some(next) = pop(logs) {
        if next.start < below {
            undone.disorder = undone.disorder.saturating_add(1);
        }
        let start = next.start.max(below);
        if start < next.end {
            work.undo(start..next.end);
            undone.indices = undone.indices.saturating_add(next.end.wrapping_sub(start));
            below = next.end;
        }
        cond_resched();
    }
    undone
}

/// Takes the range that begins first from sorted logs, of which there are few. An entry that was
/// taken is left empty, at its place.
fn pop(logs: &mut [Log]) -> Option<Range<u64>> {
    let heads = logs.iter_mut().filter_map(Log::head);
    let least = heads.min_by_key(|range| range.start)?;
    let taken = least.clone();
    least.end = least.start;
    Some(taken)
}

impl Log {
    /// Returns the first range that was not taken.
    fn head(&mut self) -> Option<&mut Range<u64>> {
        let taken = self.0.partition_point(|range| range.is_empty());
        self.0.get_mut(taken)
    }
}
