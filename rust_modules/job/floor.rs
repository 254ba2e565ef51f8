// SPDX-License-Identifier: GPL-2.0

//! The part of the range that belongs to one node, and who works there.

use algo::chunk::{
    Deque,
    Plan, //
};
use kernel::prelude::*;

use crate::{
    registry::{
        chunks,
        Chunks, //
    },
    slot::Slots,
    Job, //
};

/// A node's part of the range.
pub(crate) struct Floor {
    pub(crate) chunks: KBox<dyn Chunks>,
    /// One for each member, then one for each worker that may come from elsewhere.
    pub(crate) deques: KVVec<Deque>,
    /// The workers of the node.
    pub(crate) members: KVVec<u32>,
}

impl Floor {
    /// Returns by which number worker `n` takes chunks here, and whether it belongs here.
    pub(crate) fn number_of(&self, n: u32) -> (u32, bool) {
        match (0..).zip(&self.members).find(|(_, &member)| member == n) {
            Some((local, _)) => (local, true),
            None => ((self.members.len() as u32).wrapping_add(n), false),
        }
    }

    /// Returns which worker has a number here.
    pub(crate) fn worker_of(&self, local: u32) -> u32 {
        match self.members.get(local as usize) {
            Some(&n) => n,
            None => local.wrapping_sub(self.members.len() as u32),
        }
    }
}

/// Divides the job among `nodes`.
pub(crate) fn floors(job: &Job<'_>, nodes: u32, slots: &Slots) -> Result<KVVec<Floor>> {
    let mut floors = KVVec::new();
    let mut start = job.start;
    for node in 0..nodes {
        let end = seam(job, nodes, node.wrapping_add(1));
        let mut members = KVVec::new();
        for (n, slot) in (0..).zip(slots.iter()) {
            if slot.seat().node == node {
                members.push(n, GFP_KERNEL)?;
            }
        }
        if members.is_empty() {
            // Nobody is there: somebody has to come.
            members.push(node.checked_rem(slots.len()).unwrap_or(0), GFP_KERNEL)?;
        }
        floors.push(floor(job, start, end, members, slots.len())?, GFP_KERNEL)?;
        start = end;
    }
    Ok(floors)
}

fn floor(job: &Job<'_>, start: u64, end: u64, members: KVVec<u32>, workers: u32) -> Result<Floor> {
    let here = members.len() as u32;
    let size = end.saturating_sub(start);
    let mut plan = Plan::padata(start, size, job.align, job.min_chunk, here);
    // Who is there takes part, also where one more is hardly worth it.
    plan.workers = here;
    plan.cut(job.per_worker);
    let mut deques = KVVec::new();
    for _ in 0..here.saturating_add(workers) {
        deques.push(Deque::new(), GFP_KERNEL)?;
    }
    Ok(Floor {
        chunks: chunks(job.policy, &plan, &deques)?,
        deques,
        members,
    })
}

/// Returns where the part of node `n - 1` ends, at a multiple of `align` if it can.
fn seam(job: &Job<'_>, nodes: u32, n: u32) -> u64 {
    let end = job.start.saturating_add(job.size);
    if n >= nodes {
        return end;
    }
    let share = job.size.checked_div(u64::from(nodes)).unwrap_or(0);
    let at = job.start.saturating_add(share.saturating_mul(u64::from(n)));
    let over = at.checked_rem(job.align).unwrap_or(0);
    match over {
        0 => at,
        over => at.saturating_add(job.align.wrapping_sub(over)).min(end),
    }
}
