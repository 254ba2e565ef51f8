// SPDX-License-Identifier: GPL-2.0

//! Progress on stderr: a bar on a terminal, else a line at every tenth of the runs.

use std::{
    io::{stderr, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::console::{numbers::seconds, stderr::print_line};

/// A bar with this template, if stderr is a terminal.
fn bar(bar: ProgressBar, template: &str, message: String) -> Option<ProgressBar> {
    stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.unwrap_or(ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        bar.set_message(message);
        bar
    })
}

/// Progress through a plan.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    total: usize,
    before: usize,
}

impl Progress {
    /// Starts with `before` of `total` runs already made.
    pub fn begin(total: usize, before: usize) -> Self {
        let template = "{spinner} [{bar:30}] {pos}/{len}  {elapsed}  {msg}";
        let message = "booting the guest".into();
        Self {
            bar: bar(ProgressBar::new(total as u64), template, message),
            began: Instant::now(),
            total,
            before,
        }
    }

    /// Shows that `done` runs are made, `run` the last, and estimates the time left.
    pub fn done(&self, done: usize, run: &str) {
        let mine = done.saturating_sub(self.before).max(1);
        let each = self.began.elapsed().div_f64(mine as f64);
        let left = seconds(each.mul_f64(self.total.saturating_sub(done) as f64));
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.set_message(format!("{left} left  {run}"));
        } else if done * 10 / self.total > (done - 1) * 10 / self.total {
            let elapsed = seconds(self.began.elapsed());
            let total = self.total;
            print_line(format_args!(
                "sweep: {done}/{total} runs, {elapsed}, {left} left"
            ));
        }
    }

    /// Prints a line beside the bar.
    pub fn print(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| print_line(line)),
            None => print_line(line),
        }
    }

    /// Removes the bar.
    pub fn end(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// A running step of unknown length.
#[derive(Debug)]
pub struct Spinner {
    bar: Option<ProgressBar>,
    name: String,
}

impl Spinner {
    /// Starts it.
    pub fn begin(name: &str) -> Self {
        let template = "{spinner} {msg}  {elapsed}";
        let bar = bar(ProgressBar::new_spinner(), template, name.into());
        if bar.is_none() {
            print_line(format_args!("    {name} ..."));
        }
        let name = name.into();
        Self { bar, name }
    }

    /// Ends it with the exit status of its command.
    pub fn end(self, took: Duration, exit: i32) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
        let (name, took) = (self.name, seconds(took));
        match exit {
            0 => print_line(format_args!("ok  {name}: {took}")),
            _ => print_line(format_args!(
                "FAIL  {name} after {took} (exit status {exit})"
            )),
        }
    }
}
