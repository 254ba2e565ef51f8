// SPDX-License-Identifier: GPL-2.0

//! Fairness bound: the longest time for which a thread starves at a lock that is not fair.
//!
//! It starves with preemption off, and with `irqs=off` with interrupts off, which is a lockup. So the
//! threads that are between two batches wait until it has had its batch. A thread in a batch waits for
//! none that is not in one, so the oldest batch always ends.

use abi::lock_load::Acquire;

use crate::{
    prelude::*,
    thread_counts::ThreadCounts, //
};

/// Length of a batch that is taken for starvation: longer than any injected preemption.
const STARVES_NS: u64 = 300_000_000;
/// How often a thread looks for others that starve, and how long it sleeps while there are some.
const LOOK_NS: u64 = 20_000_000;
const SLEEP_NS: u64 = 1_000_000;

/// Fairness bound of a run, as one thread sees it.
#[derive(Clone, Copy)]
pub(super) struct FairnessBound {
    next_look_ns: u64,
}

impl FairnessBound {
    /// Creates it; it does nothing where a thread has to queue, or sleeps.
    pub(super) fn new(config: &Config) -> Self {
        let facts = config.lock.facts();
        let starves =
            (!facts.order().hands_over() || config.acquire == Acquire::Try) && !facts.sleeps;
        Self {
            next_look_ns: if starves { 0 } else { u64::MAX },
        }
    }

    /// Thread, between two batches: waits while another starves.
    pub(super) fn keep(
        &mut self,
        counts: &[Padded<ThreadCounts>],
        stop_flag: &StopFlag,
        now_ns: u64,
    ) {
        if now_ns < self.next_look_ns {
            return;
        }
        self.next_look_ns = now_ns.saturating_add(LOOK_NS);
        let starves = |thread: &ThreadCounts| match thread.pinned_ns.get() {
            0 => false,
            since => rig::now_ns().saturating_sub(since) > STARVES_NS,
        };
        while !stop_flag.is_raised() && counts.iter().any(|thread| starves(thread)) {
            sleep_until(rig::now_ns().saturating_add(SLEEP_NS));
        }
    }
}
