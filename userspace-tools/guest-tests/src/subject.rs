// SPDX-License-Identifier: GPL-2.0

//! A module under test: its settings, runs, and what the tests need to know of it.

use std::{path::Path, time::Duration};

use anyhow::{ensure, Context, Result};
use debugfs::{Interrupt, Module};
use results::{vcpus, Bottleneck, JobRunner, LockLoad, Report, Settings, SloppyCounter};
use rustix::io::Errno;

use crate::raw::refused;

/// A module under test.
pub trait Subject: Report {
    /// A setting that takes a number from 1 to the number of vCPUs.
    const THREADS: &'static str;
    /// A setting that takes a name, and a name that is not its default.
    const NAME: (&'static str, &'static str);
    /// A setting that takes a number, and its maximum, which is not its default.
    const NUMBER: (&'static str, u64);
    /// Settings of a short run.
    const QUICK: &'static str;
    /// Settings of a run that is stopped before it ends.
    const ENDLESS: &'static str;
    /// Directories in the module's own, with their modes.
    const FOLDERS: &'static [&'static str] = &[];

    /// The threads that ended on another vCPU than they were bound to.
    fn moved(&self) -> Vec<u32>;

    /// [`Self::QUICK`].
    fn quick() -> Self::Config {
        settings::<Self>(Self::QUICK).unwrap_or_default()
    }

    /// [`Self::ENDLESS`].
    fn endless() -> Self::Config {
        settings::<Self>(Self::ENDLESS).unwrap_or_default()
    }
}

macro_rules! subject {
    ($report:ident, $threads:ident { $($constant:ident: $ty:ty = $value:expr;)* }) => {
        impl Subject for $report {
            $(const $constant: $ty = $value;)*

            fn moved(&self) -> Vec<u32> {
                let moved = self.$threads.iter().filter(|thread| thread.moved != 0);
                moved.map(|thread| thread.index).collect()
            }
        }
    };
}

subject!(LockLoad, threads {
    THREADS: &'static str = "threads";
    NAME: (&'static str, &'static str) = ("lock", "tas");
    NUMBER: (&'static str, u64) = ("hold_ns", 1_000_000);
    QUICK: &'static str = "lock=ttas run_ms=20";
    ENDLESS: &'static str = "lock=ttas run_ms=60000";
    FOLDERS: &'static [&'static str] = &["755 events"];
});

subject!(SloppyCounter, threads {
    THREADS: &'static str = "threads";
    NAME: (&'static str, &'static str) = ("counter", "exact");
    NUMBER: (&'static str, u64) = ("objects", 10_000);
    QUICK: &'static str = "run_ms=20";
    ENDLESS: &'static str = "run_ms=60000";
});

subject!(JobRunner, workers {
    THREADS: &'static str = "max_threads";
    NAME: (&'static str, &'static str) = ("policy", "guided");
    NUMBER: (&'static str, u64) = ("work_ns", 1_000_000);
    QUICK: &'static str = "size=200";
    ENDLESS: &'static str = "size=120000 helpers=100 work_ns=1000000 limit_ms=60000";
});

subject!(Bottleneck, threads {
    THREADS: &'static str = "threads";
    NAME: (&'static str, &'static str) = ("variant", "percpu");
    NUMBER: (&'static str, u64) = ("idle_ns", 10_000_000);
    QUICK: &'static str = "run_ms=20";
    ENDLESS: &'static str = "run_ms=60000";
});

/// Calls `$call::<R>()` for the report of each module; an array of the results.
macro_rules! each_subject {
    ($call:ident($($argument:expr),*)) => {
        [
            $call::<results::LockLoad>($($argument),*),
            $call::<results::SloppyCounter>($($argument),*),
            $call::<results::JobRunner>($($argument),*),
            $call::<results::Bottleneck>($($argument),*),
        ]
    };
}
pub(crate) use each_subject;

/// Time limit of a stop: an overcommitted guest is slow.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// The defaults with `text` set; the value `max` is the number of vCPUs.
pub fn settings<R: Report>(text: &str) -> Result<R::Config> {
    let mut config = R::Config::default();
    let text = text.replace("=max", &format!("={}", vcpus()));
    let taken = config.take(&text, vcpus()).map_err(|e| e.to_string());
    ensure!(taken.is_ok(), "{text}: {taken:?}");
    Ok(config)
}

/// The module as it was after its insertion.
pub fn fresh<R: Subject>() -> Result<Module<R>> {
    let module = Module::<R>::open(Path::new(debugfs::ROOT))?;
    halt(&module)?;
    module.dir().reset()?;
    Ok(module)
}

/// Stops the current run and waits for its end.
pub fn halt<R: Report>(module: &Module<R>) -> Result<()> {
    module.dir().stop()?;
    settle(module)
}

/// Waits for the end of the current run.
pub fn settle<R: Report>(module: &Module<R>) -> Result<()> {
    Ok(module.wait(Duration::ZERO, STOP_LIMIT, &Interrupt::default())?)
}

/// Runs `config` to its end.
pub fn run<R: Report>(module: &Module<R>, config: &R::Config) -> Result<R> {
    let report = module.run(config, &Interrupt::default());
    report.with_context(|| config.to_string())
}

/// Fails unless the start of the defaults with `text` set is refused; returns the reason.
pub fn start_refused<R: Subject>(text: &str, errno: Errno, reason: &str) -> Result<String> {
    let module = fresh::<R>()?;
    module.dir().set(text)?;
    refused(module.dir(), "run", "start", errno, reason).with_context(|| text.to_owned())?;
    ensure!(module.dir().status()?.runs == 0, "{text}: counted as a run");
    Ok(module.dir().refusal()?)
}

/// Runs the defaults with `text` set on the [`fresh`] module.
pub fn run_with<R: Subject>(text: &str) -> Result<R> {
    run(&fresh::<R>()?, &settings::<R>(text)?)
}
