// SPDX-License-Identifier: GPL-2.0

//! The policies: each name, and the type behind it.

use core::ops::Range;

use abi::job_runner::Policy as Name;
use algo::chunk::{
    Busted,
    Cursor,
    Dropping,
    Guided,
    HandOut,
    Lane,
    Padata,
    Plan,
    Static,
    StealAware,
    Stealing,
    Turn, //
};
use kernel::prelude::*;
use rig::Padded;

/// A hand-out of some policy.
pub(crate) trait ChunkPolicy: Send + Sync {
    /// Takes the next chunk.
    fn take(&self, turn: &mut Turn<'_>, lanes: &[Lane]) -> Option<Range<u64>>;
}

impl<H: HandOut + Send> ChunkPolicy for Padded<H> {
    fn take(&self, turn: &mut Turn<'_>, lanes: &[Lane]) -> Option<Range<u64>> {
        hot_take(&**self, turn, lanes)
    }
}

/// Taking a chunk. `scripts/hot-check` finds it by its name, once for each policy.
#[inline(never)]
fn hot_take<H: HandOut>(hand_out: &H, turn: &mut Turn<'_>, lanes: &[Lane]) -> Option<Range<u64>> {
    hand_out.take(turn, lanes)
}

/// Starts handing out `plan` by the policy of a name.
pub(crate) fn policy(name: Name, plan: &Plan, lanes: &[Lane]) -> Result<KBox<dyn ChunkPolicy>> {
    match name {
        Name::Busted => of::<Busted>(plan, lanes),
        Name::Drops => of::<Dropping>(plan, lanes),
        Name::Static => of::<Static>(plan, lanes),
        Name::Padata => of::<Padata>(plan, lanes),
        Name::Cursor => of::<Cursor>(plan, lanes),
        Name::Guided => of::<Guided>(plan, lanes),
        Name::Stealing => of::<Stealing>(plan, lanes),
        Name::StealAware => of::<StealAware>(plan, lanes),
    }
}

fn of<H: HandOut + Send + 'static>(plan: &Plan, lanes: &[Lane]) -> Result<KBox<dyn ChunkPolicy>> {
    Ok(KBox::new(Padded(H::new(plan, lanes)), GFP_KERNEL)?)
}
