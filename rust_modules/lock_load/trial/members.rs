// SPDX-License-Identifier: GPL-2.0

//! The threads of a trial: their counts, the watchdog over their halts, and how they leave, together.

use core::fmt::{
    Result as Written,
    Write, //
};

use abi::trial::Trial;

use crate::{
    prelude::*,
    thread_counts::ThreadCounts, //
};

/// What all trials share.
pub(crate) struct Members {
    _active: ActiveWatchdog,
    pub(crate) watchdog: Arc<Watchdog>,
    pub(crate) counts: KVVec<Padded<ThreadCounts>>,
    /// Threads that do not halt any more.
    left: Padded<Atomic<u32>>,
    /// Rounds that are to be completed.
    pub(crate) wanted: u64,
    run_ms: u32,
}

impl Members {
    /// Activates the watchdog, which shows the words of `lock` with each lost wake-up.
    pub(crate) fn new(config: &Config, ends_by: HaltEnd, lock: Region) -> Result<Self, Refused> {
        let watchdog = Watchdog::new(config.threads, ends_by, lock)?;
        Ok(Self {
            _active: watchdog.activate(),
            watchdog,
            counts: ThreadCounts::list(config.threads)?,
            left: Padded(Atomic::new(0)),
            wanted: config.rounds,
            run_ms: config.run_ms,
        })
    }

    /// Starts the time of the run in thread 0; the return value has to live for as long as it lasts.
    pub(crate) fn start_clock(&self, worker: &Worker<'_>) -> Option<impl Sized> {
        (worker.index == 0).then(|| worker.start_clock(self.run_ms))
    }

    /// Returns whether a thread has left.
    pub(crate) fn some_left(&self) -> bool {
        self.left.load(Relaxed) > 0
    }

    /// Leaves the trial after `rounds`. Until all threads do, this one rescues halted ones.
    pub(crate) fn leave(&self, counts: &ThreadCounts, rounds: u64, events: &Events) {
        counts.close(rounds, events);
        self.left.add(1, Relaxed);
        while (self.left.load(Relaxed) as usize) < self.counts.len() {
            self.watchdog.scan();
            cond_resched();
        }
    }

    /// Returns the line of a trial that completed `rounds`.
    pub(crate) fn line(&self, rounds: u64) -> Trial {
        let (lost, wakes) = (u64::from(self.watchdog.lost()), self.watchdog.wakes());
        Trial {
            wanted: self.wanted,
            rounds,
            kicked: wakes.kicked,
            late: wakes.late,
            spurious: wakes.spurious,
            lost,
            storm: 0,
            wake_mean_ns: 0,
            wake_max_ns: 0,
            verdict: match lost {
                0 if rounds < self.wanted => OracleState::Untested,
                0 => OracleState::Held,
                _ => OracleState::Broken,
            },
        }
    }

    /// Writes `line` and the first lost wake-ups.
    pub(crate) fn write(&self, line: &Trial, to: &mut Text) -> Written {
        writeln!(to, "{line}")?;
        let mut losses = self.watchdog.losses();
        losses.try_for_each(|lost| writeln!(to, "{lost}"))
    }
}
