// SPDX-License-Identifier: GPL-2.0

//! Steps of one thread through empty critical sections that no other wants: acquisition, section, release.
//!
//! In the tier `count` ticks of the TSC are instructions, so the least of many rounds is the cost of the fast
//! path: interrupts only ever add to it.

use core::fmt::{
    Result as Written,
    Write, //
};

use abi::trial::{
    Step,
    Steps, //
};

use crate::{
    lock::{
        lock_under_test,
        LockUnderTest,
        StepTimes, //
    },
    prelude::*,
    thread_counts::ThreadCounts,
    tuning::tuning,
    workload::{
        Finished,
        Workload, //
    }, //
};

/// Rounds between which other tasks may run on the vCPU.
const BATCH: u32 = 64;

/// What the thread leaves to the report.
pub(super) struct StepTrial {
    lock: KBox<dyn LockUnderTest>,
    tuning: Tuning,
    /// Rounds that are to be completed.
    wanted: u64,
    run_ms: u32,
    counts: KVVec<Padded<ThreadCounts>>,
    /// Sum, least and most of each of [`Step::ALL`].
    times: [[SingleWriter; 3]; 3],
}

impl StepTrial {
    pub(super) fn new(config: &Config) -> Result<Self, Refused> {
        Ok(Self {
            lock: lock_under_test(config)?,
            tuning: tuning(config)?,
            wanted: config.rounds,
            run_ms: config.run_ms,
            counts: ThreadCounts::list(1)?,
            times: Default::default(),
        })
    }
}

impl Workload for StepTrial {
    fn counts(&self) -> &[Padded<ThreadCounts>] {
        &self.counts
    }

    fn thread(&self, worker: &Worker<'_>, counts: &ThreadCounts) {
        let _clock = worker.start_clock(self.run_ms);
        let me = Waiter::new(self.tuning);
        let mut times = [StepTimes::NONE; 3];
        let mut rounds = 0u64;
        while rounds < self.wanted && !worker.stop_flag.is_raised() {
            let left = self.wanted.saturating_sub(rounds);
            let batch = u32::try_from(left).unwrap_or(BATCH).min(BATCH);
            let done = self
                .lock
                .time_steps(batch, worker.stop_flag, &me, &mut times);
            rounds = rounds.wrapping_add(done);
            cond_resched();
        }
        if rounds > 0 {
            for ([ticks, least, most], of) in self.times.iter().zip(times) {
                ticks.set(of.ticks);
                least.set(of.least);
                most.set(of.most);
            }
        }
        counts.close(rounds, &me.events);
        worker.stop_flag.raise();
    }

    fn details(&self, _: &Finished<'_>, to: &mut Text) -> Written {
        let rounds = self
            .counts
            .first()
            .map_or(0, |thread| thread.sections.get());
        for (&of, [ticks, least, most]) in Step::ALL.iter().zip(&self.times) {
            let line = Steps {
                of,
                rounds,
                ticks: ticks.get(),
                least: least.get(),
                most: most.get(),
            };
            writeln!(to, "{line}")?;
        }
        Ok(())
    }
}
