// SPDX-License-Identifier: GPL-2.0

//! Forced halts: every section ends only once another thread has halted.
//!
//! So each hand-over of the lock is a halt and a kick, where a contest of the same length has few of
//! either. The holder looks after the others meanwhile, and a vCPU that was not kicked is named.

use abi::{
    lock_load::Config,
    trial::Trial as Line, //
};
use algo::{
    primitive::Relaxed,
    Tuning,
    Waiter, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};
use rig::{
    cond_resched,
    ActiveWatchdog,
    Preempt,
    Refused,
    Watchdog,
    Worker, //
};

use crate::{
    arena::Arena,
    table, //
    tally::{
        trial_line,
        Tally, //
    },
};

/// What the threads of a run share.
pub(crate) struct Halts {
    // Dropped in this order: first nobody looks at the lock any more.
    _duty: ActiveWatchdog,
    dog: Arc<Watchdog>,
    arena: KBox<dyn Arena>,
    wanted: u64,
    run_ms: u32,
    tally: Tally,
}

impl Halts {
    pub(crate) fn new(config: &Config, irqs_off: bool) -> Result<Self, Refused> {
        let lock = config.lock;
        if !lock.facts().halts {
            return Err(Refused::new(
                EINVAL,
                format_args!("`load=halts`: waiters for {lock} never halt; write lock=mcs/halt"),
            ));
        }
        let arena = (table::entry(lock).make)()?;
        let dog = Watchdog::new(config.threads, irqs_off, arena.region())?;
        Ok(Self {
            _duty: dog.activate(),
            dog,
            arena,
            wanted: config.rounds,
            run_ms: config.run_ms,
            tally: Tally::new(config.threads)?,
        })
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What each thread does until there were halts enough, or the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let (dog, stop_flag, left) = (&*self.dog, worker.stop_flag, &self.tally.left);
        let _clock = (worker.index == 0).then(|| worker.start_clock(self.run_ms));
        // Halts at once, whatever the setting: what it waits for is made to take longer.
        let me = Waiter::new(Tuning {
            threshold: 0,
            ..Tuning::default()
        });
        let mut sections = 0u64;
        while !stop_flag.is_raised() {
            let here = Preempt::new();
            self.arena.hold(&me, &|| {
                dog.scan();
                dog.halted() > 0 || stop_flag.is_raised() || left.load(Relaxed) > 0
            });
            drop(here);
            sections = sections.wrapping_add(1);
            let done = dog.wakes().kicked >= self.wanted;
            if done || dog.lost_enough() {
                stop_flag.raise();
            }
            cond_resched();
        }
        self.tally
            .leave(worker.index, sections, &me.events, || dog.scan());
    }

    pub(crate) fn line(&self) -> Line {
        let kicked = self.dog.wakes().kicked;
        trial_line(&self.dog, self.wanted, kicked.min(self.wanted))
    }

    pub(crate) fn dog(&self) -> &Watchdog {
        &self.dog
    }
}
