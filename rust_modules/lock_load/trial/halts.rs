// SPDX-License-Identifier: GPL-2.0

//! Trial of forced halts: every section ends only once another thread has halted.
//!
//! Each hand-off of the lock is therefore a halt and a kick, where a contention run of the same
//! length has few of either. The holder scans for vCPUs that were not kicked meanwhile.

use core::fmt;

use rig::need_resched;

use super::members::Members;
use crate::{
    lock::{
        lock_under_test,
        LockUnderTest, //
    },
    prelude::*,
    thread_counts::ThreadCounts,
    workload::{
        Finished,
        Workload, //
    }, //
};

/// What the threads share.
pub(super) struct HaltTrial {
    // Dropped first: the watchdog reads the words of the lock.
    members: Members,
    lock: KBox<dyn LockUnderTest>,
}

impl HaltTrial {
    pub(super) fn new(config: &Config, ends_by: HaltEnd) -> Result<Self, Refused> {
        let lock = config.lock;
        if !lock.facts().halts {
            return Err(Refused::new(
                EINVAL,
                format_args!("`load=halts`: waiters of {lock} do not halt. Try: lock=mcs/halt"),
            ));
        }
        let lock = lock_under_test(config)?;
        Ok(Self {
            members: Members::new(config, ends_by, lock.region())?,
            lock,
        })
    }

    fn rounds(&self) -> u64 {
        self.members.watchdog.wakes().kicked
    }
}

impl Workload for HaltTrial {
    fn counts(&self) -> &[Padded<ThreadCounts>] {
        &self.members.counts
    }

    fn thread(&self, worker: &Worker<'_>, counts: &ThreadCounts) {
        let (watchdog, stop_flag) = (&*self.members.watchdog, worker.stop_flag);
        let _clock = self.members.start_clock(worker);
        // Halts at once, whatever the setting: the holder waits for that.
        let me = Waiter::new(Tuning {
            threshold: 0,
            ..Tuning::default()
        });
        let mut sections = 0u64;
        while !stop_flag.is_raised() {
            self.lock.hold_until(&me, &|| {
                watchdog.scan();
                watchdog.halted() > 0
                    || stop_flag.is_raised()
                    || self.members.some_left()
                    // The threads that are to halt may not run before this one lets the CPU go.
                    || need_resched()
            });
            sections = sections.wrapping_add(1);
            if self.rounds() >= self.members.wanted || watchdog.lost_enough() {
                stop_flag.raise();
            }
            cond_resched();
        }
        self.members.leave(counts, sections, &me.events);
    }

    fn details(&self, _: &Finished<'_>, to: &mut Text) -> fmt::Result {
        let members = &self.members;
        members.write(&members.line(self.rounds().min(members.wanted)), to)
    }
}
