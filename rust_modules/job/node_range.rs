// SPDX-License-Identifier: GPL-2.0

//! Part of the range that belongs to one node, and the workers of that node.

use algo::chunk::{
    Deque,
    Plan, //
};
use rig::prelude::*;

use crate::{
    registry::{
        chunks,
        Chunks, //
    },
    worker_stats::AllStats,
    Job, //
};

/// Range of a node.
pub(crate) struct NodeRange {
    pub(crate) chunks: KBox<dyn Chunks>,
    /// One for each worker of the node, then one for each worker that may come from elsewhere.
    pub(crate) deques: KVVec<Deque>,
    /// Workers of the node.
    members: KVVec<u32>,
}

impl NodeRange {
    fn new(job: &Job<'_>, start: u64, end: u64, members: KVVec<u32>, workers: u32) -> Result<Self> {
        let local = members.len() as u32;
        let size = end.saturating_sub(start);
        let mut plan = Plan::padata(start, size, job.align, job.min_chunk, local);
        plan.cut(job.per_worker);
        let count = local.saturating_add(workers) as usize;
        let deques = filled(count, || Ok(Deque::new()))?;
        Ok(Self {
            chunks: chunks(job.policy, &plan, &deques)?,
            deques,
            members,
        })
    }

    /// Returns the number by which worker `n` takes chunks here, and whether it belongs here.
    pub(crate) fn number_of(&self, n: u32) -> (u32, bool) {
        match (0..).zip(&self.members).find(|(_, &member)| member == n) {
            Some((local, _)) => (local, true),
            None => ((self.members.len() as u32).wrapping_add(n), false),
        }
    }

    /// Returns the worker of a number here.
    pub(crate) fn worker_of(&self, number: u32) -> u32 {
        match self.members.get(number as usize) {
            Some(&n) => n,
            None => number.wrapping_sub(self.members.len() as u32),
        }
    }
}

/// Divides the job among `nodes`, at multiples of `align` that are `min_chunk` apart or more. A node
/// may get nothing.
pub(crate) fn node_ranges(job: &Job<'_>, nodes: u32, stats: &AllStats) -> Result<KVVec<NodeRange>> {
    let unit = round_up(job.min_chunk.max(1), job.align);
    let share = job.size.checked_div(u64::from(nodes)).unwrap_or(0);
    let mut ranges = KVVec::new();
    let mut start = job.start;
    for node in 0..nodes {
        let next = u64::from(node).saturating_add(1);
        let at = job.start.saturating_add(share.saturating_mul(next));
        let end = match next == u64::from(nodes) {
            true => job.end(),
            false => round_up(at, unit).min(job.end()),
        };
        let mut members = KVVec::new();
        for (n, worker) in (0..).zip(stats.iter()) {
            if worker.slot().node == node {
                members.push(n, GFP_KERNEL)?;
            }
        }
        if members.is_empty() {
            // The node has no worker: one of another node is its member.
            members.push(node.checked_rem(stats.len()).unwrap_or(0), GFP_KERNEL)?;
        }
        let range = NodeRange::new(job, start, end, members, stats.len())?;
        ranges.push(range, GFP_KERNEL)?;
        start = end;
    }
    Ok(ranges)
}

/// Returns the least multiple of `unit` that is not below `n`; 0 means 1.
pub(crate) fn round_up(n: u64, unit: u64) -> u64 {
    match n.checked_rem(unit).unwrap_or(0) {
        0 => n,
        over => n.saturating_add(unit.wrapping_sub(over)),
    }
}
