// SPDX-License-Identifier: GPL-2.0

//! Counts operations from one moment to another, without a look at the clock at each.

use anyhow::Result;
use rustix::time::{clock_gettime, ClockId, Timespec};
use serde::{Deserialize, Serialize};

use crate::load::Work;

/// What one worker counted.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Counted {
    /// Operations.
    pub operations: u64,
    /// The time they took, in nanoseconds.
    pub wall_ns: u64,
    /// The CPU time that the worker was granted meanwhile, in nanoseconds.
    pub cpu_ns: u64,
}

/// When to begin and when to end, on the monotonic clock, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// What is done before is not counted.
    pub from: u64,
    /// The batch under way at this moment is the last.
    pub to: u64,
}

/// How long a batch should take: long against a look at the clock, short against the window.
const BATCH_NS: u64 = 200_000;

/// Works until the window is over.
pub fn count(work: &mut dyn Work, window: Window) -> Result<Counted> {
    let mut batch = Batch { times: 1 };
    while now() < window.from {
        batch.run(work)?;
    }
    let (from, granted) = (now(), cpu());
    let mut operations = 0;
    let mut to = from;
    while to < window.to {
        operations += batch.run(work)?;
        to = now();
    }
    Ok(Counted {
        operations,
        wall_ns: to - from,
        cpu_ns: cpu() - granted,
    })
}

struct Batch {
    times: u32,
}

impl Batch {
    fn run(&mut self, work: &mut dyn Work) -> Result<u64> {
        let (times, from) = (self.times, now());
        work.batch(times)?;
        match now() - from {
            ns if ns < BATCH_NS => self.times = times.saturating_mul(2).min(1 << 20),
            ns if ns > 4 * BATCH_NS => self.times = (times / 2).max(1),
            _ => {}
        }
        Ok(u64::from(times))
    }
}

/// The monotonic clock, the same for all processes.
pub fn now() -> u64 {
    ns(clock_gettime(ClockId::Monotonic))
}

fn cpu() -> u64 {
    ns(clock_gettime(ClockId::ThreadCPUTime))
}

fn ns(time: Timespec) -> u64 {
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::work;
    use std::{cell::Cell, rc::Rc, thread::sleep, time::Duration};

    #[test]
    fn every_operation_of_the_window_is_counted_and_none_before() {
        let done = Rc::new(Cell::new(0u64));
        let seen = done.clone();
        let mut load = work(move || {
            seen.set(seen.get() + 1);
            Ok(())
        })
        .unwrap();
        let start = now();
        let window = Window {
            from: start,
            to: start + 5_000_000,
        };
        let counted = count(&mut *load, window).unwrap();
        assert_eq!(counted.operations, done.get());
        assert!(counted.wall_ns >= 4_000_000, "{counted:?}");
        let later = Window {
            from: now() + 5_000_000,
            to: now() + 10_000_000,
        };
        let counted = count(&mut *load, later).unwrap();
        assert!(counted.operations < done.get());
    }

    #[test]
    fn a_worker_that_sleeps_was_granted_next_to_nothing() {
        let mut load = work(|| {
            sleep(Duration::from_millis(1));
            Ok(())
        })
        .unwrap();
        let window = Window {
            from: 0,
            to: now() + 20_000_000,
        };
        let counted = count(&mut *load, window).unwrap();
        assert!(counted.cpu_ns * 2 < counted.wall_ns, "{counted:?}");
    }

    #[test]
    fn a_failing_operation_ends_it() {
        let mut load = work(|| anyhow::bail!("no")).unwrap();
        let window = Window {
            from: 0,
            to: u64::MAX,
        };
        assert!(count(&mut *load, window).is_err());
    }
}
