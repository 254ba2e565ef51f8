// SPDX-License-Identifier: GPL-2.0

//! Stealing that looks at who lost his CPU: what a missing worker has not begun is taken over
//! whole, and a worker that was disturbed takes small chunks, which others wait for less.

use core::ops::Range;

use super::{
    lane::{
        Grains,
        Lane, //
    },
    HandOut,
    Plan,
    Turn, //
};

/// Ranges of grains, one in each lane.
pub struct StealAware(Grains);

/// A worker's own chunk is this part of what it has left …
const CHUNKS: u64 = 4;
/// … and at most so many strides, if nothing disturbed it lately; else one.
const STRIDES: u64 = 4;

impl StealAware {
    /// Takes from others: all of what a missing one has, or half of what the richest has.
    #[inline]
    fn loot(&self, turn: &Turn<'_>, lanes: &[Lane]) -> Option<Range<u64>> {
        for (worker, lane) in (0..lanes.len()).zip(lanes) {
            let worker = worker as u32;
            if lane.left() > 0 && worker != turn.worker && (turn.missing)(worker) {
                if let Some(all) = lane.back(|left| left) {
                    return Some(all);
                }
            }
        }
        loop {
            let richest = lanes.iter().max_by_key(|lane| lane.left())?;
            if let Some(half) = richest.back(|left| left.wrapping_sub(left / 2)) {
                return Some(half);
            }
            // It was emptied meanwhile; done if that was the last one.
            if lanes.iter().all(|lane| lane.left() == 0) {
                return None;
            }
        }
    }
}

impl HandOut for StealAware {
    const NAME: &'static str = "steal_aware";

    fn new(plan: &Plan, lanes: &[Lane]) -> Self {
        Self(Grains::deal(plan, lanes))
    }

    #[inline]
    fn take(&self, turn: &mut Turn<'_>, lanes: &[Lane]) -> Option<Range<u64>> {
        let own = lanes.get(turn.worker as usize)?;
        let strides = if turn.disturbed { 1 } else { STRIDES };
        let most = self.0.of(turn.stride.saturating_mul(strides));
        loop {
            if let Some(grains) = own.front(|left| (left / CHUNKS).min(most)) {
                turn.taken = turn.taken.wrapping_add(1);
                return Some(self.0.indices(grains));
            }
            // As in `Stealing`: on its way the loot is the thief's alone.
            own.put(self.loot(turn, lanes)?);
            turn.steals = turn.steals.wrapping_add(1);
        }
    }
}
