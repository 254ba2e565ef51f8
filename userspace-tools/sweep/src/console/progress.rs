// SPDX-License-Identifier: GPL-2.0

//! Progress on stderr: a bar on a terminal, a plain line every tenth of the way otherwise.

use std::{
    io::{stderr, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{console::human::seconds, plan::runs::Run, plan::setting::words};

/// Progress through a plan.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    total: usize,
    before: usize,
}

impl Progress {
    /// Begins it, where so many of `total` runs were made before; a guest boots first.
    pub fn begin(total: usize, before: usize) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total as u64);
            let style = "{spinner} [{bar:30}] {pos}/{len}  {elapsed}  {msg}";
            bar.set_style(
                ProgressStyle::with_template(style).unwrap_or(ProgressStyle::default_bar()),
            );
            bar.enable_steady_tick(Duration::from_millis(200));
            bar.set_message("booting the guest");
            bar
        });
        Self {
            bar,
            began: Instant::now(),
            total,
            before,
        }
    }

    /// `done` runs are, this one the last; what they took tells the time left.
    pub fn done(&self, done: usize, run: &Run) {
        let mine = done.saturating_sub(self.before).max(1);
        let each = self.began.elapsed().div_f64(mine as f64);
        let left = each.mul_f64(self.total.saturating_sub(done) as f64);
        let left = format!("{} left", seconds(left));
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.set_message(format!("{left}  {} {}", run.scenario, words(&run.settings)));
        } else if done * 10 / self.total > (done - 1) * 10 / self.total {
            let elapsed = seconds(self.began.elapsed());
            eprintln!("sweep: {done}/{} runs, {elapsed}, {left}", self.total);
        }
    }

    /// A line beside it.
    pub fn print(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A step under way, of unknown length.
#[derive(Debug)]
pub struct Spinner {
    bar: Option<ProgressBar>,
    name: String,
}

impl Spinner {
    /// Begins it.
    pub fn begin(name: &str) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}");
            bar.set_style(style.unwrap_or(ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar.set_message(name.to_string());
            bar
        });
        if bar.is_none() {
            eprintln!("    {name} ...");
        }
        Self {
            bar,
            name: name.into(),
        }
    }

    /// Ends it with the command's exit status.
    pub fn end(self, took: Duration, exit: i32) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        match exit {
            0 => eprintln!("ok  {}: {}", self.name, seconds(took)),
            _ => eprintln!(
                "FAILED  {} after {} (exit status {exit})",
                self.name,
                seconds(took)
            ),
        }
    }
}
