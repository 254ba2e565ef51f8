// SPDX-License-Identifier: GPL-2.0

//! The module under validation and the settings that all checks share.

use std::path::{Path, PathBuf};

use abi::{
    lock_load::{Config, KickBy, Lock, ModeWanted, Origin},
    status::OracleState,
};
use anyhow::{anyhow, bail};
use debugfs::{Error, Interrupt, Module};
use results::{vcpus, LockLoad, Settings};

use super::arguments::Validate;

/// The longest run of [`Session::run_until`].
const LONGEST_MS: u32 = 2000;

/// The module, and what all checks share.
pub struct Session {
    root: PathBuf,
    module: Module<LockLoad>,
    interrupt: Interrupt,
    /// The expected mode of the guest.
    pub mode: ModeWanted,
    /// Settings that all runs share.
    base: Config,
    /// Locks to check; if empty, all but the controls.
    chosen: Vec<Lock>,
    /// Halts on the first lock that halts.
    pub halts: u64,
    /// Rounds of each trial of kicks.
    pub rounds: u64,
    /// Length of a contest.
    pub run_ms: u32,
    pub file: PathBuf,
}

impl Session {
    pub fn open(root: &Path, wanted: &Validate, interrupt: Interrupt) -> anyhow::Result<Self> {
        let here = Config::here().map_err(|why| anyhow!("{why}"))?;
        if vcpus() < 2 {
            bail!("cannot validate: one vCPU is online (1; allowed: 2..). Try: vm run --vcpus 2");
        }
        Ok(Self {
            root: root.into(),
            module: Module::open(root)?,
            interrupt,
            mode: here.mode,
            base: Config {
                threads: vcpus(),
                kick: wanted.kick,
                // The mode has a check of its own; the others run in any.
                mode: ModeWanted::Any,
                ..here
            },
            chosen: wanted.lock.clone(),
            halts: wanted
                .halts
                .unwrap_or(if wanted.quick { 20_000 } else { 1_000_000 }),
            rounds: if wanted.quick { 200 } else { 2000 },
            run_ms: if wanted.quick { 60 } else { 500 },
            file: wanted.module.clone(),
        })
    }

    /// The common settings: a contest of as many threads as there are vCPUs.
    pub fn base(&self) -> Config {
        Config {
            run_ms: self.run_ms,
            ..self.base
        }
    }

    /// The locks to check for which `is_wanted` holds.
    pub fn locks(&self, is_wanted: impl Fn(Lock) -> bool) -> Vec<Lock> {
        let promising = |lock: &Lock| lock.facts().origin != Origin::Control;
        let all: Vec<Lock> = match self.chosen.is_empty() {
            true => Lock::ALL.iter().copied().filter(promising).collect(),
            false => self.chosen.clone(),
        };
        all.into_iter().filter(|lock| is_wanted(*lock)).collect()
    }

    pub fn run(&self, config: &Config) -> debugfs::Result<LockLoad> {
        self.module.run(config, &self.interrupt)
    }

    /// Runs `config`, then each time for twice as long, until the report shows `enough` or [`LONGEST_MS`] is
    /// reached. How many sections a slow host makes in a given time is no property of the lock.
    pub fn run_until(
        &self,
        config: &Config,
        enough: impl Fn(&LockLoad) -> bool,
    ) -> debugfs::Result<LockLoad> {
        let config = *config;
        let run = |run_ms| self.run(&Config { run_ms, ..config });
        // What was found broken is not lost in a longer run that found nothing.
        let is_decided =
            |report: &LockLoad| report.sum.exclusion == OracleState::Broken || enough(report);
        lengthen(config.run_ms, run, is_decided)
    }

    /// Opens the module again after it was inserted again.
    pub fn reopened(&self) -> debugfs::Result<Module<LockLoad>> {
        Module::open(&self.root)
    }

    /// Starts a short run that kicks by `kick`; returns why the module refuses it, if it does.
    pub fn offers(&self, kick: KickBy) -> debugfs::Result<Option<String>> {
        let config = Config {
            kick,
            threads: 2,
            run_ms: 1,
            ..self.base()
        };
        match self.run(&config) {
            Err(e) if e.is_lack() => Ok(Some(reason(&e))),
            other => other.map(|_| None),
        }
    }
}

/// Runs for `run_ms`, then each time for twice as long, up to [`LONGEST_MS`], until that was `enough`.
fn lengthen<T, E>(
    mut run_ms: u32,
    mut run: impl FnMut(u32) -> Result<T, E>,
    enough: impl Fn(&T) -> bool,
) -> Result<T, E> {
    loop {
        let report = run(run_ms)?;
        if run_ms >= LONGEST_MS || enough(&report) {
            return Ok(report);
        }
        run_ms = (run_ms * 2).min(LONGEST_MS);
    }
}

/// The module's reason for a refusal.
pub fn reason(error: &Error) -> String {
    match error {
        Error::Refused { why, .. } => why.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// The runs made until one of `enough_ms` or more; how long each was.
    fn runs(first_ms: u32, enough_ms: u32) -> Vec<u32> {
        let mut lengths = Vec::new();
        let run = |run_ms| {
            lengths.push(run_ms);
            Ok::<_, Infallible>(run_ms)
        };
        let Ok(last) = lengthen(first_ms, run, |run_ms| *run_ms >= enough_ms);
        assert_eq!(lengths.last(), Some(&last));
        lengths
    }

    #[test]
    fn slow_host_gets_longer_runs_and_a_lock_that_starves_no_endless_one() {
        assert_eq!(runs(60, 0), [60]);
        assert_eq!(runs(60, 200), [60, 120, 240]);
        assert_eq!(runs(500, u32::MAX), [500, 1000, LONGEST_MS]);
    }
}
