// SPDX-License-Identifier: GPL-2.0

//! `watch`: a run in progress, one line per period.

use std::{
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use abi::{
    sloppy_counter::{Config, Lane, Now, Switch},
    status::State,
};
use anyhow::{anyhow, Context};
use clap::{value_parser, Args};
use debugfs::{tool::say, Dir, Interrupt, Module};
use results::{table::rate, Report, Settings, SloppyCounter, Verdict};

use crate::show;

/// The flags.
#[derive(Args)]
#[command(after_help = "\
Reads are compared with the exact sum (audit=on) unless audit=off is given.
Change the threshold during the run: echo threshold=16 >/sys/kernel/debug/sloppy-counter/config

Example: sloppy-counter watch --every-ms 500 counter=sloppy threads=8 run_ms=5000")]
pub struct Watch {
    /// Period of the lines, in ms
    #[arg(long, default_value_t = 500, value_parser = value_parser!(u64).range(10..60_000))]
    every_ms: u64,
    /// Settings of the run, see `list`
    #[arg(value_name = "KEY=VALUE")]
    settings: Vec<String>,
}

impl Watch {
    /// Starts a run and shows it until it ends.
    pub fn obey(self, root: &Path) -> anyhow::Result<Verdict> {
        let mut config = Config {
            run_ms: 5000,
            audit: Switch::On,
            ..Config::default()
        };
        let text = self.settings.join(" ");
        let taken = config.take(&text, results::vcpus());
        taken.map_err(|refusal| anyhow!("{refusal}"))?;
        let (module, interrupt) = (Module::<SloppyCounter>::open(root)?, Interrupt::catch()?);
        let started = module.start(&config)?;
        say(HEAD)?;
        let began = Instant::now();
        let mut last = (began, 0);
        while module.dir().state()? != State::Idle && interrupt.signal().is_none() {
            sleep(Duration::from_millis(self.every_ms));
            if let Some((now, held)) = now(module.dir())? {
                last = (Instant::now(), line(&now, &held, began, last)?);
            }
        }
        // Waits for the end, or writes `stop` after a signal.
        let (_, most) = SloppyCounter::lasts(&config);
        module.wait(Duration::ZERO, most + Duration::from_secs(30), &interrupt)?;
        let report = module.result(started)?;
        say(&show::show(&report))?;
        Ok(report.outcome().verdict())
    }
}

const HEAD: &str =
    "    time      adds/s            read        error        bound   worst    broken  held by each vCPU";

/// The file `now`, if the run is still in progress.
fn now(dir: &Dir) -> anyhow::Result<Option<(Now, Vec<i64>)>> {
    let text = dir.read("now")?;
    let mut lines = text.lines();
    let Some(first) = lines.next() else {
        return Ok(None);
    };
    let malformed = |what: abi::Malformed| anyhow!("{what}: {text:?}");
    let now = first.parse().map_err(malformed).context("now")?;
    let lanes = lines.map(|line| Ok(line.parse::<Lane>().map_err(malformed)?.held));
    Ok(Some((now, lanes.collect::<anyhow::Result<_>>()?)))
}

/// Prints one line and returns the sum.
fn line(now: &Now, held: &[i64], began: Instant, last: (Instant, i64)) -> anyhow::Result<i64> {
    let (at, before) = last;
    let adds = now.sum.saturating_sub(before) as f64 / at.elapsed().as_secs_f64();
    let held: Vec<String> = held.iter().map(i64::to_string).collect();
    say(&format!(
        "{:7.1}s {:>11} {:>15} {:>13} {:>12} {:>7} {:>9}  {}",
        began.elapsed().as_secs_f64(),
        rate(adds),
        now.read,
        now.sum.saturating_sub(now.read),
        now.bound,
        now.worst,
        now.broken,
        held.join(" "),
    ))?;
    Ok(now.sum)
}
