// SPDX-License-Identifier: GPL-2.0

//! What a case is to the threads that run it.

pub(crate) mod anon_chain;
pub(crate) mod file_list;
pub(crate) mod hash;
pub(crate) mod ids;
pub(crate) mod lru;
pub(crate) mod mount_count;
pub(crate) mod mount_lookup;
pub(crate) mod page_clear;
pub(crate) mod path_walk;
pub(crate) mod peer_ref;
pub(crate) mod readahead;
pub(crate) mod stats;

use algo::Waiter;
use rig::Random;

use crate::findings::{
    Findings,
    Found, //
};

/// So many locks a burst had better take at most: in a storm they are had a few dozen times a
/// second, and whoever wants to end the run waits for the burst to end.
pub(crate) const LOCKS: u32 = 32;

/// A bottleneck, one variant of it.
pub(crate) trait Case: Send + Sync {
    /// Does `steps` operations as thread `who.index`, or fewer; returns how many it did, 0 to end
    /// the burst. Unless the case [sleeps](Case::sleeps), the thread is on its vCPU with
    /// preemption off.
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32;

    /// Does what is left to do after a burst and may sleep, such as waiting for a grace period.
    fn rest(&self, who: &Who<'_>) {
        let _ = who;
    }

    /// Tells what must be true once all threads have left.
    fn settle(&self, to: &mut Findings);

    /// Whether an operation may sleep: then bursts run preemptible.
    fn sleeps(&self) -> bool {
        false
    }
}

/// The thread that does a burst.
pub(crate) struct Who<'a> {
    /// Its number, from 0.
    pub(crate) index: u32,
    /// How many threads there are.
    pub(crate) threads: u32,
    /// What locks know it by.
    pub(crate) waiter: &'a Waiter,
    /// Its source of numbers.
    pub(crate) random: &'a Random,
    /// What it saw that must not be.
    pub(crate) found: &'a Found,
}

impl Who<'_> {
    /// Returns true once in `every` times, by chance; never if that is 0.
    #[inline(always)]
    pub(crate) fn one_in(&self, every: u32) -> bool {
        every != 0 && self.random.below(every) == 0
    }
}
