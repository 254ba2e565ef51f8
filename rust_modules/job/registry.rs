// SPDX-License-Identifier: GPL-2.0

//! Registry of chunk policies: the type behind each name of the list in `abi/job_runner/policies.rs`.

use core::ops::Range;

use abi::job_runner::Policy as Name;
use algo::chunk::{
    self,
    ChunkPolicy,
    Deque,
    Plan,
    WorkerState, //
};
use rig::prelude::*;

/// A range that some policy divides.
pub(crate) trait Chunks: Send + Sync {
    /// Takes the next chunk.
    fn take(&self, worker: &mut WorkerState<'_>, deques: &[Deque]) -> Option<Range<u64>>;
}

impl<P: ChunkPolicy + Send> Chunks for Padded<P> {
    fn take(&self, worker: &mut WorkerState<'_>, deques: &[Deque]) -> Option<Range<u64>> {
        hot_take(&**self, worker, deques)
    }
}

/// Takes a chunk. `scripts/hot-check` finds the function by its name, once for each policy.
#[inline(never)]
fn hot_take<P: ChunkPolicy>(
    policy: &P,
    worker: &mut WorkerState<'_>,
    deques: &[Deque],
) -> Option<Range<u64>> {
    policy.take(worker, deques)
}

macro_rules! registry {
    ($($group:ident {$(
        $(#[doc = $doc:literal])* $policy:ident = $name:literal: $type:ty;
    )*})*) => {
        /// Starts `plan` with the policy of a name.
        pub(crate) fn chunks(
            name: Name,
            plan: &Plan,
            deques: &[Deque],
        ) -> Result<KBox<dyn Chunks>> {
            match name {
                $($(Name::$policy => boxed::<$type>(plan, deques),)*)*
            }
        }
    };
}
abi::policies!(registry);

fn boxed<P: ChunkPolicy + Send + 'static>(
    plan: &Plan,
    deques: &[Deque],
) -> Result<KBox<dyn Chunks>> {
    Ok(rig::boxed(Padded(P::new(plan, deques)))?)
}
