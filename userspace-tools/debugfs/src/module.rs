// SPDX-License-Identifier: GPL-2.0

//! Runs of a module: settings in, report out.

use std::{
    marker::PhantomData,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use abi::status::State;
use results::Report;

use crate::{Dir, Error, Interrupt, Result};

/// A loaded module whose reports are `R`.
#[derive(Debug)]
pub struct Module<R> {
    dir: Dir,
    report: PhantomData<R>,
}

/// Extra time limit of a run: an overcommitted guest stops its threads slowly.
const GRACE: Duration = Duration::from_secs(30);
/// Time limit of a run, in multiples of its nominal time.
const STRETCH: u32 = 4;
/// Longest period between two reads of `status`, and thus the latency of Ctrl-C.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

impl<R: Report> Module<R> {
    /// Opens the module under `root`.
    pub fn open(root: &Path) -> Result<Self> {
        Ok(Self {
            dir: Dir::open(root, R::MODULE)?,
            report: PhantomData,
        })
    }

    /// Its control files.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// The report of the last finished run, if there is one.
    pub fn report(&self) -> Result<Option<R>> {
        let text = self.dir.report()?;
        if text.is_empty() {
            return Ok(None);
        }
        match R::parse(&text) {
            Ok(report) => Ok(Some(report)),
            Err(e) => Err(self.dir.malformed("report", &e.to_string(), &text)),
        }
    }

    /// Runs `config` from start to end.
    pub fn run(&self, config: &R::Config, interrupt: &Interrupt) -> Result<R> {
        self.run_within(config, interrupt, R::lasts(config).1 * STRETCH + GRACE)
    }

    /// Like [`Self::run`] with a time limit.
    pub fn run_within(
        &self,
        config: &R::Config,
        interrupt: &Interrupt,
        limit: Duration,
    ) -> Result<R> {
        let started = self.start(config)?;
        self.wait(R::lasts(config).0, limit, interrupt)?;
        self.result(started)
    }

    /// Starts a run of `config` and returns its number.
    pub fn start(&self, config: &R::Config) -> Result<u64> {
        self.dir.set(&config.to_string())?;
        let before = self.dir.status()?.runs;
        self.dir.start()?;
        Ok(before + 1)
    }

    /// Waits until the module is idle, first for `least` without reading `status`.
    pub fn wait(&self, least: Duration, limit: Duration, interrupt: &Interrupt) -> Result<()> {
        let began = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(signal) = interrupt.signal() {
                self.dir.stop()?;
                let path = self.dir.file("run");
                return Err(Error::Interrupted { signal, path });
            }
            let waited = began.elapsed();
            if waited < least {
                // A read of `status` would take a vCPU from the load.
                sleep(LONGEST_PAUSE.min(least - waited));
                continue;
            }
            let state = self.dir.status()?.state;
            if state == State::Idle {
                return Ok(());
            }
            if waited > limit {
                self.dir.stop()?;
                let path = self.dir.file("status");
                return Err(Error::TimedOut {
                    path,
                    state,
                    waited,
                });
            }
            sleep(pause);
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// The checked report of run `started`, which has ended.
    pub fn result(&self, started: u64) -> Result<R> {
        let path = || self.dir.file("report");
        let why = self.dir.refusal()?;
        // Errors of the run; other reasons are of refused writes.
        if ["ENOMEM run: ", "ETIMEDOUT run: ", "EIO run: "]
            .iter()
            .any(|r| why.starts_with(r))
        {
            let path = self.dir.file("status");
            return Err(Error::Failed { path, started, why });
        }
        let report = self.report()?;
        let found = report.as_ref().map_or(0, |report| report.totals().run);
        match report {
            Some(report) if found == started => match report.check() {
                Ok(()) => Ok(report),
                Err(what) => Err(Error::Contradiction { path: path(), what }),
            },
            _ => Err(Error::Overtaken {
                path: path(),
                started,
                found,
            }),
        }
    }
}
