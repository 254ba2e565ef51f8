// SPDX-License-Identifier: GPL-2.0

//! A range for each worker, and who has none left takes half of another's.
//!
//! Blumofe and Leiserson, "Scheduling Multithreaded Computations by Work Stealing", 1994.

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
pub struct Stealing(Grains);

/// A worker's own chunk is this part of what it has left: large while that does not matter.
const CHUNKS: u64 = 4;

impl HandOut for Stealing {
    const NAME: &'static str = "stealing";

    fn new(plan: &Plan, lanes: &[Lane]) -> Self {
        Self(Grains::deal(plan, lanes))
    }

    #[inline]
    fn take(&self, turn: &mut Turn<'_>, lanes: &[Lane]) -> Option<Range<u64>> {
        let own = lanes.get(turn.worker as usize);
        loop {
            if let Some(grains) = own.and_then(|lane| lane.front(|left| left / CHUNKS)) {
                turn.taken = turn.taken.wrapping_add(1);
                return Some(self.0.indices(grains));
            }
            // The nearest neighbour first, so that not all thieves meet at one victim.
            let (before, after) = lanes.split_at_checked(turn.worker as usize)?;
            let loot = after
                .iter()
                .chain(before)
                .find_map(|victim| victim.back(|left| left.wrapping_sub(left / 2)))?;
            turn.steals = turn.steals.wrapping_add(1);
            // Between the two lanes the loot is nobody's but the thief's, who does it in any case.
            own?.put(loot);
        }
    }
}
