// SPDX-License-Identifier: GPL-2.0

//! The module under validation, and how hard it is tried.

use std::path::{Path, PathBuf};

use abi::lock_load::{Config, KickBy, Lock, ModeWanted, Origin};
use anyhow::{anyhow, bail};
use debugfs::{Error, Interrupt, Module};
use results::{vcpus, LockLoad, Settings};

use super::Validate;

/// The module, and what all checks need to know.
pub struct Session {
    root: PathBuf,
    module: Module<LockLoad>,
    interrupt: Interrupt,
    /// The mode that the guest is said to be in.
    pub mode: ModeWanted,
    /// What runs have in common.
    base: Config,
    /// Locks to check, or all that promise something.
    chosen: Vec<Lock>,
    /// Halts on the first lock that halts.
    pub halts: u64,
    /// Rounds of each trial of kicks.
    pub rounds: u64,
    /// Length of a contest.
    pub run_ms: u32,
    /// Where the module is to be inserted from.
    pub file: PathBuf,
}

impl Session {
    /// Opens the module.
    pub fn open(root: &Path, wanted: &Validate, interrupt: Interrupt) -> anyhow::Result<Self> {
        let here = Config::here().map_err(|why| anyhow!("{why}"))?;
        if vcpus() < 2 {
            bail!("one vCPU is online, and validate takes two: one halts, another kicks");
        }
        Ok(Self {
            root: root.into(),
            module: Module::open(root)?,
            interrupt,
            mode: here.mode,
            base: Config {
                threads: vcpus(),
                kick: wanted.kick,
                // It has a check of its own, and need not fail in all of them.
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

    /// The settings that all runs begin with: a contest of as many threads as there are vCPUs.
    pub fn base(&self) -> Config {
        Config {
            run_ms: self.run_ms,
            ..self.base
        }
    }

    /// The locks to check that `pass`.
    pub fn locks(&self, pass: impl Fn(Lock) -> bool) -> Vec<Lock> {
        let promising = |lock: &Lock| lock.facts().origin != Origin::Control;
        let all: Vec<Lock> = match self.chosen.is_empty() {
            true => Lock::ALL.iter().copied().filter(promising).collect(),
            false => self.chosen.clone(),
        };
        all.into_iter().filter(|lock| pass(*lock)).collect()
    }

    /// Runs `config`.
    pub fn run(&self, config: &Config) -> debugfs::Result<LockLoad> {
        self.module.run(config, &self.interrupt)
    }

    /// The module again, after it was removed and inserted.
    pub fn reopened(&self) -> debugfs::Result<Module<LockLoad>> {
        Module::open(&self.root)
    }

    /// Whether this machine kicks by `kick`, or why it does not; by asking for a short run.
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

/// The module's own words.
pub fn reason(error: &Error) -> String {
    match error {
        Error::Refused { why, .. } => why.clone(),
        other => other.to_string(),
    }
}
