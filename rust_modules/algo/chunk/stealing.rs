// SPDX-License-Identifier: GPL-2.0

//! Work stealing: a deque of indices for each worker; a worker whose own is empty steals half of
//! another's.
//!
//! Blumofe and Leiserson, "Scheduling Multithreaded Computations by Work Stealing", 1994.

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
pub struct Stealing(Grains);

/// A worker takes this part of its own deque as its chunk, so that chunks shrink towards the end.
const CHUNKS: u64 = 4;

impl ChunkPolicy for Stealing {
    fn new(plan: &Plan, deques: &[Deque]) -> Self {
        Self(Grains::divide(plan, deques))
    }

    #[inline]
    fn take(&self, worker: &mut WorkerState<'_>, deques: &[Deque]) -> Option<Range<u64>> {
        let own = deques.get(worker.index as usize);
        loop {
            if let Some(grains) = own.and_then(|deque| deque.front(|left| left / CHUNKS)) {
                return worker.takes(self.0.indices(grains));
            }
            // The nearest neighbour first, so that not all thieves meet at one victim.
            let (before, after) = deques.split_at_checked(worker.index as usize)?;
            let stolen = after
                .iter()
                .chain(before)
                .find_map(|victim| victim.back(|left| left.wrapping_sub(left / 2)))?;
            worker.steals = worker.steals.wrapping_add(1);
            // On its way between two deques a stolen range belongs to the thief alone.
            own?.put(stolen);
        }
    }
}
