// SPDX-License-Identifier: GPL-2.0

//! Chunk policies: how many workers divide one range among them, one policy per file.
//!
//! `abi/job_runner/policies.rs` lists them.

mod busted;
mod cursor;
mod deque;
mod guided;
mod padata;
mod parts;
mod plan;
mod steal_aware;
mod stealing;
mod worker_state;

use core::ops::Range;

pub use self::{
    busted::{
        Busted,
        Dropping, //
    },
    cursor::Cursor,
    deque::Deque,
    guided::Guided,
    padata::Padata,
    parts::Static,
    plan::Plan,
    steal_aware::StealAware,
    stealing::Stealing,
    worker_state::WorkerState, //
};

/// A policy that gives the indices of one range to workers, chunk by chunk.
pub trait ChunkPolicy: Sync {
    /// Starts with the range of `plan`. `deques` has one for each worker.
    fn new(plan: &Plan, deques: &[Deque]) -> Self;

    /// Takes the next chunk for `worker`, or [`None`] if nothing is left for it. `deques` are those
    /// that [`new`](Self::new) was given.
    fn take(&self, worker: &mut WorkerState<'_>, deques: &[Deque]) -> Option<Range<u64>>;
}
