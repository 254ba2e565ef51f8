// SPDX-License-Identifier: GPL-2.0

//! Counts operations in a time window, in batches so that the clock is not read at each.

use anyhow::Result;
use rustix::time::{clock_gettime, ClockId, Timespec};
use serde::{Deserialize, Serialize};

use crate::load::Work;

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Counted {
    pub operations: u64,
    /// The time they took, in nanoseconds.
    pub wall_ns: u64,
    /// The CPU time of the worker meanwhile, in nanoseconds.
    pub cpu_ns: u64,
}

/// A time window on the monotonic clock, in nanoseconds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Window {
    /// Operations before are not counted.
    pub from: u64,
    /// The batch under way at this moment is the last.
    pub to: u64,
}

/// How long a batch should take: long against a read of the clock, short against the window.
const BATCH_NS: u64 = 200_000;
const MAX_BATCH: u32 = 1 << 20;

pub fn count(work: &mut dyn Work, window: Window) -> Result<Counted> {
    let mut batch = 1;
    while now() < window.from {
        run_batch(work, &mut batch)?;
    }
    let (from, cpu_from) = (now(), cpu_time());
    let mut operations = 0;
    let mut to = from;
    while to < window.to {
        operations += run_batch(work, &mut batch)?;
        to = now();
    }
    Ok(Counted {
        operations,
        wall_ns: to - from,
        cpu_ns: cpu_time() - cpu_from,
    })
}

fn run_batch(work: &mut dyn Work, size: &mut u32) -> Result<u64> {
    let (times, from) = (*size, now());
    work.batch(times)?;
    match now() - from {
        ns if ns < BATCH_NS => *size = times.saturating_mul(2).min(MAX_BATCH),
        ns if ns > 4 * BATCH_NS => *size = (times / 2).max(1),
        _ => {}
    }
    Ok(u64::from(times))
}

/// The monotonic clock, the same for all processes.
pub fn now() -> u64 {
    ns(clock_gettime(ClockId::Monotonic))
}

fn cpu_time() -> u64 {
    ns(clock_gettime(ClockId::ThreadCPUTime))
}

fn ns(time: Timespec) -> u64 {
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc, thread::sleep, time::Duration};

    use super::*;
    use crate::load::repeat;

    fn from_to(from: u64, to: u64) -> Window {
        Window { from, to }
    }

    #[test]
    fn every_operation_of_the_window_is_counted_and_none_before() {
        let done = Rc::new(Cell::new(0u64));
        let seen = done.clone();
        let mut work = repeat(move || {
            seen.set(seen.get() + 1);
            anyhow::Ok(())
        })
        .unwrap();
        let start = now();
        let counted = count(&mut *work, from_to(start, start + 5_000_000)).unwrap();
        assert_eq!(counted.operations, done.get());
        assert!(counted.wall_ns >= 4_000_000, "{counted:?}");
        let later = from_to(now() + 5_000_000, now() + 10_000_000);
        let counted = count(&mut *work, later).unwrap();
        assert!(counted.operations < done.get());
    }

    #[test]
    fn sleeping_worker_has_next_to_no_cpu_time() {
        let mut work = repeat(|| {
            sleep(Duration::from_millis(1));
            anyhow::Ok(())
        })
        .unwrap();
        let counted = count(&mut *work, from_to(0, now() + 20_000_000)).unwrap();
        assert!(counted.cpu_ns * 2 < counted.wall_ns, "{counted:?}");
    }

    #[test]
    fn failing_operation_ends_the_count() {
        let mut work = repeat(|| -> Result<()> { anyhow::bail!("no") }).unwrap();
        assert!(count(&mut *work, from_to(0, u64::MAX)).is_err());
    }
}
