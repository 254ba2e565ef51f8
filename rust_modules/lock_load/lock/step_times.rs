// SPDX-License-Identifier: GPL-2.0

//! Loop that times each step of a critical section by the TSC: acquisition, section, release.
//!
//! Each time has one clock reading in it, which a run of `lock=empty` measures. The section is empty and the
//! accounting is a function of its own, so that no step has moves of registers that others need.

use crate::prelude::*;

/// Lengths of one step, in ticks.
#[derive(Clone, Copy)]
pub(crate) struct StepTimes {
    pub(crate) ticks: u64,
    pub(crate) least: u64,
    pub(crate) most: u64,
}

impl StepTimes {
    /// Of no round.
    pub(crate) const NONE: Self = Self {
        ticks: 0,
        least: u64::MAX,
        most: 0,
    };

    fn add(&mut self, from: u64, until: u64) {
        let ticks = until.wrapping_sub(from);
        self.ticks = self.ticks.wrapping_add(ticks);
        self.least = self.least.min(ticks);
        self.most = self.most.max(ticks);
    }
}

/// Runs up to `rounds` sections, fewer if the stop flag is raised; returns how many. Adds to the times of
/// acquisition, section and release.
#[inline(never)]
pub(super) fn hot_steps<L: Lock>(
    lock: &L,
    rounds: u32,
    stop_flag: &StopFlag,
    me: &Waiter,
    times: &mut [StepTimes; 3],
) -> u64 {
    let mut completed: u64 = 0;
    for _ in 0..rounds {
        if stop_flag.is_raised() {
            break;
        }
        let before = stamp();
        let (first, last) = lock.delegate(me, || (stamp(), stamp()));
        let after = stamp();
        account(times, [before, first, last, after]);
        completed = completed.wrapping_add(1);
    }
    completed
}

/// Adds the steps between these stamps.
#[inline(never)]
fn account(
    [acquisition, section, release]: &mut [StepTimes; 3],
    [before, first, last, after]: [u64; 4],
) {
    acquisition.add(before, first);
    section.add(first, last);
    release.add(last, after);
}
