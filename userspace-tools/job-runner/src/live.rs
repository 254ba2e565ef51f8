// SPDX-License-Identifier: GPL-2.0

//! A job in progress: progress bar, `watch` and `cancel`.

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
use results::{JobRunner, Verdict};

use crate::trace;

/// Period of the progress bar.
const PERIOD: Duration = Duration::from_millis(100);
/// Columns of the bar.
const WIDTH: u64 = 40;

/// The commands that only this tool has.
#[derive(Subcommand)]
pub enum Own {
    /// Show the current run until it ends: bar, rate, time left
    Watch,
    /// Cancel the current run, wait for its end and print its progress
    Cancel,
    /// Print the last run, made with --trace on, as Chrome trace JSON; it opens in ui.perfetto.dev
    Trace,
}

impl tool::Own for Own {
    fn obey(self, root: &Path) -> anyhow::Result<Verdict> {
        let module = Module::<JobRunner>::open(root)?;
        match self {
            Self::Watch => watch_until_idle(&module)?,
            Self::Cancel => cancel(&module)?,
            Self::Trace => trace::print(&module)?,
        }
        Ok(Verdict::Pass)
    }
}

/// Draws a bar on standard error until the run has `ended`.
pub fn bar(dir: &Dir, ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        if let Some(progress) = progress(dir) {
            eprint!("\r\x1b[K{}", line(&progress));
        }
        sleep(PERIOD);
    }
    eprint!("\r\x1b[K");
}

/// Shows the current run until it ends: one line that is rewritten, or one each second.
fn watch_until_idle(module: &Module<JobRunner>) -> anyhow::Result<()> {
    let interrupt = Interrupt::catch()?;
    let terminal = io::stdout().is_terminal();
    let pause = if terminal { PERIOD } else { 10 * PERIOD };
    if module.dir().state()? == State::Idle {
        say("nothing is running")?;
        return Ok(());
    }
    while module.dir().state()? != State::Idle && interrupt.signal().is_none() {
        if let Some(progress) = progress(module.dir()) {
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
    // A signal ends the watch, not the run.
    if let (None, Some(report)) = (interrupt.signal(), module.report()?) {
        say(&crate::show::show(&report))?;
    }
    Ok(())
}

/// Writes `stop` and prints the progress of the run.
fn cancel(module: &Module<JobRunner>) -> anyhow::Result<()> {
    if module.dir().state()? == State::Idle {
        say("nothing is running")?;
        return Ok(());
    }
    module.dir().stop()?;
    let limit = Duration::from_secs(30);
    module.wait(Duration::ZERO, limit, &Interrupt::default())?;
    if let Some(report) = module.report()? {
        let sum = report.sum;
        let (done, all) = (sum.once, sum.once + sum.missed + sum.repeated);
        say(&format!("run {}: {} of {all} done", report.run, done))?;
    }
    Ok(())
}

fn progress(dir: &Dir) -> Option<Progress> {
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
    fn bar_shows_the_done_part() {
        let text = "progress done=25 total=100 elapsed_ns=1000000000 rate=25 eta_ns=3000000000 \
                    workers=2";
        let line = line(&text.parse().unwrap());
        assert_eq!(line.matches('#').count(), 10);
        let end = "25% 25/100 25/s, 2 workers, 3.0 s left";
        assert!(line.ends_with(end), "{line}");
    }

    #[test]
    fn bar_is_empty_before_the_start() {
        let text = "progress done=0 total=0 elapsed_ns=0 rate=0 eta_ns=0 workers=0";
        assert!(line(&text.parse().unwrap()).contains("] "));
    }
}
