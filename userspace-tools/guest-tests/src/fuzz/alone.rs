// SPDX-License-Identifier: GPL-2.0

//! Operations that no other process disturbs: the replies, the settings and the report are exact.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use abi::status::{State, Status};
use anyhow::{anyhow, ensure, Context, Result};
use rustix::io::Errno;

use super::{
    plan::{join, Alone, Replies, STARTS},
    settings::{Due, Word},
    target::{status, Target},
};
use crate::raw;

/// Time limit from `stop` to idle: an overcommitted guest stops its threads slowly.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Counts the reports held against their settings: one, or none.
pub fn operate(target: &Target, what: &Alone) -> Result<u64> {
    let Ok(_alone) = target.alone.write() else {
        return Err(anyhow!("another process failed"));
    };
    let on = On(target);
    on.stop()?;
    match what {
        Alone::Stop => {}
        Alone::Reset => on.reset()?,
        Alone::Set(words) => on.set(words)?,
        Alone::Run(words, milliseconds) => {
            return on.run(words, Duration::from_millis(*milliseconds));
        }
    }
    Ok(0)
}

/// The files of an idle module that is this process' alone.
struct On<'a>(&'a Target);

impl On<'_> {
    fn read(&self, file: &str) -> Result<String> {
        let bytes = raw::read(&self.0.file(file), 1 << 18);
        let bytes = bytes.map_err(|errno| anyhow!("expected {file}; came {}", raw::word(errno)))?;
        self.0
            .parse(file, &bytes)
            .with_context(|| file.to_owned())?;
        Ok(String::from_utf8(bytes)?)
    }

    fn write(&self, file: &str, bytes: &[u8]) -> Result<(), Errno> {
        raw::write(&self.0.file(file), bytes)
    }

    fn status(&self) -> Result<(Status, String)> {
        status(self.read("status")?.trim_end_matches('\n'))
    }

    /// Stops the run under way; the module is idle within a bound.
    fn stop(&self) -> Result<()> {
        let stopped = self.write("run", b"stop");
        ensure!(
            stopped.is_ok(),
            "expected Ok of stop; came {}",
            raw::reply(&stopped)
        );
        let began = Instant::now();
        while self.status()?.0.state != State::Idle {
            let waited = began.elapsed();
            let config = self.read("config")?;
            ensure!(
                waited < STOP_LIMIT,
                "expected idle within {STOP_LIMIT:?} of stop: {}",
                show(&words(&config))
            );
            sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn reset(&self) -> Result<()> {
        let reply = self.write("reset", b"1");
        ensure!(
            reply.is_ok(),
            "expected Ok of a reset when idle; came {}",
            raw::reply(&reply)
        );
        let (config, defaults) = (self.read("config")?, (self.0.defaults)());
        let (config, defaults) = (words(&config), words(&defaults));
        ensure!(config == defaults, "expected {defaults:?}; came {config:?}");
        ensure!(
            self.read("report")?.is_empty(),
            "expected no report after a reset"
        );
        let (status, error) = self.status()?;
        ensure!(
            status.runs == 0 && error.is_empty(),
            "expected no run; came {status} {error}"
        );
        Ok(())
    }

    /// Writes `words`; `config` reads back what was accepted, and nothing else changes.
    fn set(&self, written: &[Word]) -> Result<()> {
        let before = self.read("config")?;
        let mut due = words(&before);
        let reply = self.write("config", &join(written, " "));
        let allowed = Replies::to_words(written, true);
        ensure!(
            allowed.allow(reply),
            "expected {allowed:?}; came {}",
            raw::reply(&reply)
        );
        match reply {
            Ok(()) => apply(&mut due, written),
            Err(errno) => self.has_reason("config", errno)?,
        }
        let after = self.read("config")?;
        ensure!(
            words(&after) == due,
            "expected {due:?}; came {:?}",
            words(&after)
        );
        Ok(())
    }

    /// `status` has the reason of the write to `file` that `errno` refused.
    fn has_reason(&self, file: &str, errno: Errno) -> Result<()> {
        let error = self.status()?.1;
        let start = format!("{} {file}: ", raw::word(errno));
        let reason = error.strip_prefix(&start).unwrap_or("");
        ensure!(
            !reason.is_empty(),
            "expected `{start}…` in status; came {error:?}"
        );
        Ok(())
    }

    fn run(&self, written: &[Word], time: Duration) -> Result<u64> {
        self.set(written)?;
        if written.iter().any(|word| word.due == Due::ByVcpus) {
            // A vCPU may go between the two writes.
            return Ok(0);
        }
        let before = self.status()?.0.runs;
        let config = self.read("config")?;
        match self.write("run", b"start") {
            Ok(()) => {}
            Err(errno) => {
                let (due, came) = (STARTS.map(raw::word), raw::word(errno));
                ensure!(
                    due.contains(&came),
                    "expected Ok or one of {due:?}; came {came}"
                );
                self.has_reason("run", errno)?;
                let (status, _) = self.status()?;
                let idle = status.state == State::Idle && status.runs == before;
                ensure!(idle, "expected idle, {before} runs; came {status}");
                return Ok(0);
            }
        }
        sleep(time);
        self.stop()?;
        let (status, error) = self.status()?;
        ensure!(
            status.runs == before + 1,
            "expected {} runs; came {status}",
            before + 1
        );
        if !error.is_empty() {
            // The last if another process took that vCPU offline at the same time.
            let failed = [
                "ENOMEM run: ",
                "ETIMEDOUT run: ",
                "EIO run: ",
                "EBUSY run: `onoff_ms`: vCPU ",
            ];
            let due = failed.iter().any(|start| error.starts_with(start));
            ensure!(due, "expected no error after a run; came {error:?}");
            return Ok(0);
        }
        let report = self.has_report(status.runs, &words(&config));
        report.with_context(|| show(&words(&config)))?;
        Ok(1)
    }

    /// `report` is of this run and has its settings.
    fn has_report(&self, run: u64, config: &[(String, String)]) -> Result<()> {
        let report = self.read("report")?;
        let has = |word: &str| report.split_ascii_whitespace().any(|found| found == word);
        ensure!(
            has(&format!("run={run}")),
            "expected the report of run {run}; came {report:?}"
        );
        let missing = config.iter().map(|(key, value)| format!("{key}={value}"));
        let missing: Vec<_> = missing.filter(|word| !has(word)).collect();
        ensure!(
            missing.is_empty(),
            "expected {missing:?} in the report; came {report:?}"
        );
        Ok(())
    }
}

/// The keys and values in a listing.
fn words(listing: &str) -> Vec<(String, String)> {
    let words = listing
        .lines()
        .filter_map(|line| line.split_once("  # ")?.0.split_once('='));
    words
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

fn show(config: &[(String, String)]) -> String {
    let words: Vec<_> = config
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    words.join(" ")
}

fn apply(config: &mut [(String, String)], written: &[Word]) {
    for (key, value) in written.iter().filter_map(|word| word.text.split_once('=')) {
        let setting = config.iter_mut().find(|(known, _)| known == key);
        if let Some(setting) = setting {
            setting.1 = value.into();
        }
    }
}
