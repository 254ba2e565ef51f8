// SPDX-License-Identifier: GPL-2.0

//! The measured loop of a run with readers: some sections are shared. A loop of its own, so that the one
//! whose sections are all exclusive decides nothing more.

use super::{
    hot_sections::Pattern,
    protected_words::ProtectedWords, //
};
use crate::{
    prelude::*,
    sampling::SharingSampler, //
};

/// Runs up to `batch` sections, fewer if the stop flag is raised; returns how many.
///
/// `scripts/hot-check` finds the instances by this name: of each lock with a read side.
#[inline(never)]
pub(super) fn hot_shared<L: Lock>(
    lock: &L,
    words: &ProtectedWords,
    pattern: Pattern,
    batch: u32,
    stop_flag: &StopFlag,
    me: &Waiter,
    sharing: &SharingSampler<'_>,
) -> u64 {
    let mut sections: u64 = 0;
    for _ in 0..batch {
        if stop_flag.is_raised() {
            break;
        }
        let is_shared = sharing.is_next_shared();
        if !L::REPORTS_CONTENTION {
            sharing.before_acquire(me);
        }
        if is_shared {
            lock.with_shared(me, || {
                sharing.enter_shared(me);
                words.shared_section(|| busy_loop(pattern.hold));
            });
        } else {
            lock.with(me, || {
                sharing.enter(me);
                words.exposed_section(|| busy_loop(pattern.hold));
            });
        }
        sections = sections.wrapping_add(1);
        busy_loop(pattern.idle);
    }
    sections
}
