// SPDX-License-Identifier: GPL-2.0

//! A module under concurrent operations: what its files may show, and whether it is loaded.

use std::{
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU32, Ordering::SeqCst},
        Mutex, RwLock,
    },
};

use abi::{
    job_runner::Progress,
    lock_load::Machine,
    sloppy_counter::{Lane, Now},
    status::{State, Status, ERROR},
    Abi, SCHEMA,
};
use anyhow::{bail, ensure, Context, Result};
use results::{vcpus, Outcome, Settings};

use super::settings::Choices;
use crate::{
    kernel_module::{insert, remove},
    subject::Subject,
};

pub struct Target {
    pub name: &'static str,
    /// Held for writing by operations that no other may disturb.
    pub alone: RwLock<()>,
    /// Counts removals and insertions: even while it is loaded.
    loaded: AtomicU32,
    reload: Mutex<()>,
    events: bool,
    report: fn(&str) -> Result<()>,
    config: fn(&str) -> Result<()>,
    /// The listing of the defaults.
    pub defaults: fn() -> String,
}

/// A module and its settings.
pub fn of<R: Subject>() -> (Target, Choices) {
    let target = Target {
        name: R::MODULE,
        alone: RwLock::default(),
        loaded: AtomicU32::new(0),
        reload: Mutex::default(),
        events: !R::FOLDERS.is_empty(),
        report: report::<R>,
        config: config::<R::Config>,
        defaults: || R::Config::default().listing(vcpus()),
    };
    (target, Choices::of::<R::Config>(vcpus()))
}

impl Target {
    pub fn file(&self, name: &str) -> PathBuf {
        Path::new(debugfs::ROOT).join(self.name).join(name)
    }

    /// `file`, or another in its place where the module has no such directory.
    pub fn existing(&self, file: &'static str) -> &'static str {
        match file.starts_with("events/") && !self.events {
            true => "status",
            false => file,
        }
    }

    /// The number of removals and insertions so far: even while it is loaded.
    pub fn generation(&self) -> u32 {
        self.loaded.load(SeqCst)
    }

    /// Removes and inserts the module, while others use its files.
    pub fn reload(&self) -> Result<()> {
        let Ok(_one) = self.reload.lock() else {
            bail!("a reload failed before");
        };
        self.loaded.fetch_add(1, SeqCst);
        remove(self.name)?;
        insert(self.name)?;
        self.loaded.fetch_add(1, SeqCst);
        Ok(())
    }

    /// Fails unless `text` is what `file` may show.
    pub fn parse(&self, file: &str, text: &[u8]) -> Result<()> {
        let text = std::str::from_utf8(text)?;
        let body = text.strip_suffix('\n').unwrap_or(text);
        match file {
            "config" => (self.config)(text),
            "report" if !text.is_empty() => (self.report)(text),
            "now" if !text.is_empty() => now(self.name, body),
            "report" | "now" => Ok(()),
            "run" => body.parse::<State>().map(drop).map_err(Into::into),
            "status" => status(body).map(drop),
            "abi" => {
                ensure!(body.parse::<Abi>()?.schema == SCHEMA, "another schema");
                Ok(())
            }
            _ => body.parse::<u64>().map(drop).map_err(Into::into),
        }
    }
}

/// The first two lines of `status`, and behind them perhaps the machine.
pub fn status(text: &str) -> Result<(Status, String)> {
    let (first, second) = text.split_once('\n').context("one line")?;
    let error = second.strip_prefix(ERROR).context("no `error=`")?;
    let (error, machine) = error.split_once('\n').unwrap_or((error, ""));
    if !machine.is_empty() {
        machine.parse::<Machine>()?;
    }
    Ok((first.parse()?, error.into()))
}

fn report<R: Subject>(text: &str) -> Result<()> {
    let report = R::parse(text)?;
    report.check().map_err(anyhow::Error::msg)?;
    ensure!(report.outcome() != Outcome::Fail, "the verdict is FAIL");
    Ok(())
}

/// Every setting in its order, with what is allowed.
fn config<S: Settings>(text: &str) -> Result<()> {
    let mut config = S::default();
    let taken = config.take(text, u32::MAX).map_err(|e| e.to_string());
    taken.map_err(anyhow::Error::msg)?;
    let shown = |text: &str| -> Vec<String> {
        let words = text.lines().filter_map(|line| line.split_once("  # "));
        words.map(|(word, _)| word.into()).collect()
    };
    let (found, due) = (shown(text), shown(&config.listing(vcpus())));
    ensure!(found == due, "{found:?}, not {due:?}");
    Ok(())
}

fn now(module: &str, body: &str) -> Result<()> {
    let mut lines = body.lines();
    match module {
        "job-runner" => lines.try_for_each(|line| line.parse::<Progress>().map(drop))?,
        "sloppy-counter" => {
            let first = lines.next().context("no line")?;
            first.parse::<Now>()?;
            lines.try_for_each(|line| line.parse::<Lane>().map(drop))?;
        }
        _ => bail!("not empty"),
    }
    Ok(())
}
