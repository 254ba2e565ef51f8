// SPDX-License-Identifier: GPL-2.0

//! A job under way: how far it is, and its end by hand.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::Duration,
};

use abi::{job_runner::Progress, status::State};
use clap::Subcommand;
use debugfs::{tool, tool::say, Dir, Interrupt, Module};
use results::JobRunner;

use crate::trace;

/// Between two looks: often enough for an eye, and hardly a load.
const LOOK: Duration = Duration::from_millis(100);
/// Columns of the bar.
const WIDTH: u64 = 40;

/// The commands that only this tool has.
#[derive(Subcommand)]
pub enum Own {
    /// Watch the current run until it ends: bar, rate, time left
    Watch,
    /// Cancel the current run, wait until it has ended, and say how far it was
    Cancel,
    /// Print the last run, made with --trace on, as Chrome trace JSON; it opens in ui.perfetto.dev
    Trace,
}

impl tool::Own for Own {
    fn obey(self, root: &Path) -> anyhow::Result<bool> {
        let module = Module::<JobRunner>::open(root)?;
        match self {
            Self::Watch => watch_until_idle(&module)?,
            Self::Cancel => cancel_and_tell(&module)?,
            Self::Trace => trace::print(&module)?,
        }
        Ok(false)
    }
}

/// Draws a bar on standard error until the run has `ended`.
pub fn bar(dir: &Dir, ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        if let Some(progress) = look(dir) {
            eprint!("\r\x1b[K{}", line(&progress));
        }
        sleep(LOOK);
    }
    eprint!("\r\x1b[K");
}

/// Shows the run under way until it ends: one line that is written over, or one each second.
fn watch_until_idle(module: &Module<JobRunner>) -> anyhow::Result<()> {
    let interrupt = Interrupt::catch()?;
    let terminal = io::stdout().is_terminal();
    let pause = if terminal { LOOK } else { 10 * LOOK };
    if module.dir().state()? == State::Idle {
        say("nothing is running")?;
        return Ok(());
    }
    while module.dir().state()? != State::Idle && interrupt.signal().is_none() {
        if let Some(progress) = look(module.dir()) {
            match terminal {
                true => print!("\r\x1b[K{}", line(&progress)),
                false => say(&line(&progress))?,
            }
            io::stdout().flush()?;
        }
        sleep(pause);
    }
    if terminal {
        print!("\r\x1b[K");
    }
    // Whoever only watches leaves the run alone.
    if let (None, Some(report)) = (interrupt.signal(), module.report()?) {
        say(&crate::show::show(&report))?;
    }
    Ok(())
}

/// Writes `stop` and says how far the run came.
fn cancel_and_tell(module: &Module<JobRunner>) -> anyhow::Result<()> {
    if module.dir().state()? == State::Idle {
        say("nothing is running")?;
        return Ok(());
    }
    module.dir().stop()?;
    module.wait(
        Duration::ZERO,
        Duration::from_secs(30),
        &Interrupt::default(),
    )?;
    if let Some(report) = module.report()? {
        let sum = report.sum;
        let (done, all) = (sum.once, sum.once + sum.missed + sum.repeated);
        say(&format!("run {}: {} of {all} done", report.run, done))?;
    }
    Ok(())
}

fn look(dir: &Dir) -> Option<Progress> {
    dir.read("now").ok()?.trim_end().parse().ok()
}

fn line(progress: &Progress) -> String {
    let Progress { done, total, .. } = *progress;
    let full = (done * WIDTH).checked_div(total).unwrap_or(0).min(WIDTH);
    let bar = "#".repeat(full as usize) + &".".repeat((WIDTH - full) as usize);
    let left = match progress.eta_ns {
        0 => String::new(),
        ns => format!(", {:.1} s left", ns as f64 / 1e9),
    };
    format!(
        "[{bar}] {:>3}% {done}/{total} {}/s, {} workers{left}",
        (done * 100).checked_div(total).unwrap_or(0),
        results::table::rate(progress.rate as f64),
        progress.workers,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_job_is_done() {
        let progress = Progress {
            done: 25,
            total: 100,
            elapsed_ns: 1_000_000_000,
            rate: 25,
            eta_ns: 3_000_000_000,
            workers: 2,
        };
        let line = line(&progress);
        assert_eq!(line.matches('#').count(), 10);
        assert!(
            line.ends_with("25% 25/100 25/s, 2 workers, 3.0 s left"),
            "{line}"
        );
    }

    #[test]
    fn a_job_that_has_not_begun_has_an_empty_bar() {
        let text = "progress done=0 total=0 elapsed_ns=0 rate=0 eta_ns=0 workers=0";
        assert!(line(&text.parse().unwrap()).contains("] "));
    }
}
