// SPDX-License-Identifier: GPL-2.0

//! Work stealing that reads steal time: other workers take over the whole deque of a preempted
//! worker, and a worker that lost time takes small chunks, which others wait for less.

use core::ops::Range;

use super::{
    deque::{
        Deque,
        Grains, //
    },
    ChunkPolicy,
    Plan,
    WorkerState, //
};

/// Grains, in one deque for each worker.
pub struct StealAware(Grains);

/// A worker takes this part of its own deque as its chunk …
const CHUNKS: u64 = 4;
/// … and at most so many strides, or one if its vCPU lost time lately.
const STRIDES: u64 = 4;

impl StealAware {
    /// Takes all grains of a preempted worker, or half of those of the fullest deque.
    #[inline]
    fn steal(&self, worker: &WorkerState<'_>, deques: &[Deque]) -> Option<Range<u64>> {
        for (other, deque) in (0..deques.len() as u32).zip(deques) {
            if deque.left() > 0 && other != worker.index && (worker.is_preempted)(other) {
                if let Some(all) = deque.back(|left| left) {
                    return Some(all);
                }
            }
        }
        loop {
            let fullest = deques.iter().max_by_key(|deque| deque.left())?;
            if let Some(half) = fullest.back(|left| left.wrapping_sub(left / 2)) {
                return Some(half);
            }
            // It was emptied meanwhile; done if that was the last one.
            if deques.iter().all(|deque| deque.left() == 0) {
                return None;
            }
        }
    }
}

impl ChunkPolicy for StealAware {
    fn new(plan: &Plan, deques: &[Deque]) -> Self {
        Self(Grains::divide(plan, deques))
    }

    #[inline]
    fn take(&self, worker: &mut WorkerState<'_>, deques: &[Deque]) -> Option<Range<u64>> {
        let own = deques.get(worker.index as usize)?;
        let strides = if worker.lost_time { 1 } else { STRIDES };
        let most = self.0.of(worker.stride.saturating_mul(strides));
        loop {
            if let Some(grains) = own.front(|left| (left / CHUNKS).min(most)) {
                return worker.takes(self.0.indices(grains));
            }
            // As in `Stealing`: on its way a stolen range belongs to the thief alone.
            own.put(self.steal(worker, deques)?);
            worker.steals = worker.steals.wrapping_add(1);
        }
    }
}
