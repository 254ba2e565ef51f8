// SPDX-License-Identifier: GPL-2.0

//! A module under test, and what the tests must know of it.

use std::{path::Path, time::Duration};

use abi::{bottleneck, job_runner, lock_load, sloppy_counter};
use anyhow::{Context, Result};
use debugfs::{Interrupt, Module};
use results::{Bottleneck, JobRunner, LockLoad, Report, SloppyCounter};

/// A module under test.
pub trait Subject: Report + 'static {
    /// A setting that takes a number from 1 on, no more than there are vCPUs.
    const THREADS: &'static str;
    /// A setting that takes a name, and a name that it does not have by default.
    const NAME: (&'static str, &'static str);
    /// A setting that takes a number up to the second, and is not its default.
    const NUMBER: (&'static str, u64);
    /// Directories within the module's own, with their modes.
    const FOLDERS: &'static [&'static str] = &[];

    /// Settings that are done in no time.
    fn quick() -> Self::Config;

    /// Settings that are not done before they are stopped.
    fn endless() -> Self::Config;

    /// The threads that ended on another vCPU than they were bound to.
    fn moved(&self) -> Vec<u32>;
}

impl Subject for LockLoad {
    const THREADS: &'static str = "threads";
    const NAME: (&'static str, &'static str) = ("lock", "tas");
    const NUMBER: (&'static str, u64) = ("hold_ns", 1_000_000);
    const FOLDERS: &'static [&'static str] = &["755 events"];

    fn quick() -> Self::Config {
        lock_load::Config {
            lock: lock_load::Lock::Ttas,
            run_ms: 20,
            ..Self::Config::default()
        }
    }

    fn endless() -> Self::Config {
        lock_load::Config {
            run_ms: 60_000,
            ..Self::quick()
        }
    }

    fn moved(&self) -> Vec<u32> {
        let moved = self.threads.iter().filter(|t| t.moved != 0);
        moved.map(|t| t.index).collect()
    }
}

impl Subject for SloppyCounter {
    const THREADS: &'static str = "threads";
    const NAME: (&'static str, &'static str) = ("counter", "exact");
    const NUMBER: (&'static str, u64) = ("objects", 10_000);

    fn quick() -> Self::Config {
        sloppy_counter::Config {
            run_ms: 20,
            ..Self::Config::default()
        }
    }

    fn endless() -> Self::Config {
        sloppy_counter::Config {
            run_ms: 60_000,
            ..Self::quick()
        }
    }

    fn moved(&self) -> Vec<u32> {
        let moved = self.threads.iter().filter(|t| t.moved != 0);
        moved.map(|t| t.index).collect()
    }
}

impl Subject for JobRunner {
    const THREADS: &'static str = "max_threads";
    const NAME: (&'static str, &'static str) = ("policy", "guided");
    const NUMBER: (&'static str, u64) = ("work_ns", 1_000_000);

    fn quick() -> Self::Config {
        job_runner::Config {
            size: 200,
            ..Self::Config::default()
        }
    }

    fn endless() -> Self::Config {
        job_runner::Config {
            size: 120_000,
            helpers: 100,
            work_ns: 1_000_000,
            limit_ms: 60_000,
            ..Self::quick()
        }
    }

    fn moved(&self) -> Vec<u32> {
        let moved = self.workers.iter().filter(|w| w.moved != 0);
        moved.map(|w| w.index).collect()
    }
}

impl Subject for Bottleneck {
    const THREADS: &'static str = "threads";
    const NAME: (&'static str, &'static str) = ("variant", "percpu");
    const NUMBER: (&'static str, u64) = ("idle_ns", 10_000_000);

    fn quick() -> Self::Config {
        bottleneck::Config {
            run_ms: 20,
            ..Self::Config::default()
        }
    }

    fn endless() -> Self::Config {
        bottleneck::Config {
            run_ms: 60_000,
            ..Self::quick()
        }
    }

    fn moved(&self) -> Vec<u32> {
        let moved = self.threads.iter().filter(|t| t.moved != 0);
        moved.map(|t| t.index).collect()
    }
}

/// How long a run may take to stop: an overcommitted guest is slow.
const STOPS: Duration = Duration::from_secs(30);

/// The module as it was when it was loaded.
pub fn fresh<R: Subject>() -> Result<Module<R>> {
    let module = Module::<R>::open(Path::new(debugfs::ROOT))?;
    halt(&module)?;
    module.dir().reset()?;
    Ok(module)
}

/// Stops what is under way and waits until it has.
pub fn halt<R: Report>(module: &Module<R>) -> Result<()> {
    module.dir().stop()?;
    settle(module)
}

/// Waits for the end of the current run.
pub fn settle<R: Report>(module: &Module<R>) -> Result<()> {
    let wait = module.wait(Duration::ZERO, STOPS, &Interrupt::default());
    Ok(wait?)
}

/// A finished run.
pub fn run<R: Report>(module: &Module<R>, config: &R::Config) -> Result<R> {
    let report = module.run(config, &Interrupt::default());
    report.with_context(|| config.to_string())
}
