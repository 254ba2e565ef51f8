// SPDX-License-Identifier: GPL-2.0

//! The policies: each name, and the type behind it.

use core::ops::Range;

use abi::job_runner::Policy as Name;
use algo::chunk::{
    Busted,
    Guided,
    HandOut,
    Padata,
    Plan,
    Static,
    Turn, //
};
use kernel::prelude::*;
use rig::Padded;

/// A hand-out of some policy.
pub(crate) trait Desk: Send + Sync {
    /// Takes the next chunk.
    fn take(&self, turn: &mut Turn) -> Option<Range<u64>>;
}

impl<H: HandOut + Send> Desk for Padded<H> {
    fn take(&self, turn: &mut Turn) -> Option<Range<u64>> {
        hot_take(&**self, turn)
    }
}

/// Taking a chunk. `scripts/hot-check` finds it by its name, once for each policy.
#[inline(never)]
fn hot_take<H: HandOut>(hand_out: &H, turn: &mut Turn) -> Option<Range<u64>> {
    hand_out.take(turn)
}

/// Starts handing out `plan` by the policy of a name.
pub(crate) fn desk(name: Name, plan: &Plan) -> Result<KBox<dyn Desk>> {
    match name {
        Name::Busted => of::<Busted>(plan),
        Name::Static => of::<Static>(plan),
        Name::Padata => of::<Padata>(plan),
        Name::Guided => of::<Guided>(plan),
    }
}

fn of<H: HandOut + Send + 'static>(plan: &Plan) -> Result<KBox<dyn Desk>> {
    Ok(KBox::new(Padded(H::new(plan)), GFP_KERNEL)?)
}
