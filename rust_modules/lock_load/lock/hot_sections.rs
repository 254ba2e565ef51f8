// SPDX-License-Identifier: GPL-2.0

//! The measured loop: critical sections of one thread, with probes of the sampler around each.

use measure::Probe;

use super::protected_words::ProtectedWords;
use crate::prelude::*;

/// Lengths in iterations of the delay loop.
#[derive(Clone, Copy)]
pub(crate) struct Pattern {
    /// Of a critical section.
    pub(crate) hold: u64,
    /// Of the pause between two sections.
    pub(crate) idle: u64,
}

/// Runs up to `batch` sections, fewer if the stop flag is raised; returns how many.
///
/// `scripts/hot-check` finds the instances by this name: of each lock, plain and tortured, both
/// sampled and not.
#[inline(never)]
pub(super) fn hot_sections<L: Lock, P: Probe>(
    lock: &L,
    words: &ProtectedWords,
    pattern: Pattern,
    batch: u32,
    stop_flag: &StopFlag,
    me: &Waiter,
    probe: &P,
) -> u64 {
    let mut sections: u64 = 0;
    for _ in 0..batch {
        if stop_flag.is_raised() {
            break;
        }
        if !L::REPORTS_CONTENTION {
            probe.before_acquire(me);
        }
        let section = || words.section(|| busy_loop(pattern.hold));
        if P::TIMES {
            lock.with(me, || {
                if probe.skips(me) {
                    section();
                    return probe.end_skipped(me, sections);
                }
                let entered = probe.begin_timed(me, sections);
                section();
                probe.end_timed(entered);
            });
        } else {
            lock.delegate(me, section);
        }
        sections = sections.wrapping_add(1);
        busy_loop(pattern.idle);
    }
    sections
}
