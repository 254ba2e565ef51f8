// SPDX-License-Identifier: GPL-2.0

//! Cutting a range into chunks that many workers take in turn, one policy per file.

mod busted;
mod cursor;
mod dropping;
mod guided;
mod lane;
mod padata;
mod parts;
mod plan;
mod steal_aware;
mod stealing;
mod turn;

use core::ops::Range;

pub use self::{
    busted::Busted,
    cursor::Cursor,
    dropping::Dropping,
    guided::Guided,
    lane::Lane,
    padata::Padata,
    parts::Static,
    plan::Plan,
    steal_aware::StealAware,
    stealing::Stealing,
    turn::Turn, //
};

/// A way to hand out a range.
pub trait HandOut: Sync {
    /// The name under which the policy is selected.
    const NAME: &'static str;

    /// Starts handing out what `plan` describes. `lanes` has one for each worker.
    fn new(plan: &Plan, lanes: &[Lane]) -> Self;

    /// Takes the next chunk for the worker whose turn it is, or [`None`] if none is left for it.
    /// `lanes` are those that [`new`](Self::new) was given.
    fn take(&self, turn: &mut Turn<'_>, lanes: &[Lane]) -> Option<Range<u64>>;
}
