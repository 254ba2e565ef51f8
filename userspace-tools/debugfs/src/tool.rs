// SPDX-License-Identifier: GPL-2.0

//! Command line that the tools of all modules share.

mod checks;
mod definition;
mod form;
mod given;

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use exit_code::Exit;
use results::{table::grid, Cell, Outcome, Record, Report, Settings, Verdict};

pub use self::{
    checks::{no_table, Checks, Output},
    definition::{Form, Own, Tool},
};
use self::{
    definition::ConfigOf,
    form::Chosen,
    given::{settings_of, split_setting, Given, LIST, ONE},
};
use crate::{Dir, Error, Interrupt, Module};

#[derive(Parser)]
#[command(version, disable_help_subcommand = true)]
struct Cli<T: Tool> {
    /// Where debugfs is mounted
    #[arg(long, global = true, value_name = "DIR", default_value = crate::ROOT)]
    root: PathBuf,
    #[command(subcommand)]
    command: Command<T>,
}

#[derive(Subcommand)]
enum Command<T: Tool> {
    /// Run once and show the report; a setting that is not given has its default
    Run {
        #[command(flatten)]
        settings: Given<T, ONE>,
        /// Print the run as one record of JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        form: Chosen<T>,
    },
    /// Run every combination of the given values and compare them
    Sweep {
        #[command(flatten)]
        settings: Given<T, LIST>,
        /// Repeats, interleaved: every combination runs once before any runs again
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
        repeat: u32,
        /// Print each run as one record of JSON on a line of its own
        #[arg(long)]
        json: bool,
    },
    /// Show the module's state, its settings, and why the last write was refused
    Status,
    /// Stop the current run; its report covers the time until then
    Stop,
    /// Clear the last report and restore the default settings
    Reset,
    /// List all settings: default, allowed values, meaning
    List,
    #[command(flatten)]
    Own(T::Own),
}

/// The command line of a tool.
pub fn command<T: Tool>() -> clap::Command {
    Cli::<T>::command()
        .name(T::Report::MODULE)
        .about(T::ABOUT)
        .after_help(format!(
            "Examples:\n{}\n\n{}",
            T::EXAMPLES,
            exit_code::help()
        ))
}

/// The `main` of a tool.
pub fn main<T: Tool>() -> ExitCode {
    let name = T::Report::MODULE;
    let command = command::<T>();
    let matches = command.clone().get_matches();
    let cli = Cli::<T>::from_arg_matches(&matches)
        .unwrap_or_else(|e| e.format(&mut command.clone()).exit());
    match cli.command.obey(&cli.root) {
        Ok(verdict) => verdict.exit().into(),
        Err(e) => {
            eprintln!("{name}: {e}");
            exit(&e).into()
        }
    }
}

/// `main` of the tool, and the test that writes its man page and completions.
#[macro_export]
macro_rules! tool_main {
    ($tool:ident) => {
        fn main() -> std::process::ExitCode {
            $crate::tool::main::<$tool>()
        }

        #[cfg(test)]
        mod tests {
            #[test]
            fn man_page_and_completions_are_written() {
                cli_docs::write($crate::tool::command::<super::$tool>());
            }
        }
    };
}

/// How a tool ends after an error.
pub fn exit(error: &anyhow::Error) -> Exit {
    match error.downcast_ref() {
        Some(Error::Interrupted { signal, .. }) => Exit::Signal(*signal as u8),
        Some(e) if e.is_usage() => Exit::Usage,
        _ => Exit::NotMeasured,
    }
}

impl<T: Tool> Command<T> {
    /// Executes the command.
    fn obey(self, root: &Path) -> anyhow::Result<Verdict> {
        let module = || Module::<T::Report>::open(root);
        match self {
            Self::Run {
                settings,
                json,
                form,
            } => return run::<T>(&module()?, &settings.one(), json, &form),
            Self::Sweep {
                settings,
                repeat,
                json,
            } => return sweep::<T>(&module()?, &settings.all(), repeat, json),
            Self::Status => say(&status(module()?.dir())?)?,
            Self::Stop => module()?.dir().stop()?,
            Self::Reset => module()?.dir().reset()?,
            Self::List => say(&list::<T>())?,
            Self::Own(own) => return own.obey(root),
        }
        Ok(Verdict::Pass)
    }
}

fn run<T: Tool>(
    module: &Module<T::Report>,
    config: &ConfigOf<T>,
    json: bool,
    form: &Chosen<T>,
) -> anyhow::Result<Verdict> {
    let interrupt = Interrupt::catch()?;
    let ended = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        if io::stderr().is_terminal() {
            let dir = module.dir();
            let ended = &ended;
            scope.spawn(move || T::live(dir, ended));
        }
        let report = module.run(config, &interrupt);
        ended.store(true, Ordering::Relaxed);
        report
    })?;
    let verdict = complain::<T>(report.config(), report.outcome());
    match json {
        true => say(&Record::new(0, report).to_judged_json())?,
        false => say(&form.show(&report))?,
    }
    Ok(verdict)
}

/// Runs each of `configs` `repeat` times, interleaved, and compares them.
pub fn sweep<T: Tool>(
    module: &Module<T::Report>,
    configs: &[ConfigOf<T>],
    repeat: u32,
    json: bool,
) -> anyhow::Result<Verdict> {
    let cells = measure::<T>(module, configs, repeat, json)?;
    if !json {
        say(&T::COMPARE(&cells))?;
    }
    Ok(verdict::<T>(&cells))
}

/// Runs each of `configs` `repeat` times, interleaved; prints each run as a record if `json`.
pub fn measure<T: Tool>(
    module: &Module<T::Report>,
    configs: &[ConfigOf<T>],
    repeat: u32,
    json: bool,
) -> anyhow::Result<Vec<Cell<T::Report>>> {
    let interrupt = Interrupt::catch()?;
    // Settings that the module refuses are refused before the first run.
    configs
        .iter()
        .try_for_each(|c| module.dir().set(&c.to_string()))?;
    let mut cells: Vec<_> = configs.iter().map(|c| Cell::new(*c)).collect();
    let (mut seq, count) = (0, repeat as usize * configs.len());
    for _ in 0..repeat {
        for cell in &mut cells {
            progress(seq, count, &cell.config);
            let report = module.run(&cell.config, &interrupt)?;
            if json {
                say(&Record::new(seq, report.clone()).to_judged_json())?;
            }
            cell.runs.push(report);
            seq += 1;
        }
    }
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    Ok(cells)
}

/// Prints the cells that do not pass on standard error; returns the worst verdict.
pub fn verdict<T: Tool>(cells: &[Cell<T::Report>]) -> Verdict {
    let each = cells.iter().map(|p| complain::<T>(&p.config, p.outcome()));
    Verdict::worst(each)
}

/// Shows the progress of a sweep on a terminal.
fn progress(done: usize, count: usize, config: &impl Settings) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K[{}/{count}] {config:.100}", done + 1);
    }
}

/// Prints the reason of an outcome that is no PASS on standard error; returns the verdict.
fn complain<T: Tool>(config: &ConfigOf<T>, outcome: Outcome) -> Verdict {
    if let Some(meaning) = outcome.complaint() {
        eprintln!("{}: {outcome}: {meaning}: {config}", T::Report::MODULE);
    }
    outcome.verdict()
}

fn status(dir: &Dir) -> crate::Result<String> {
    let (status, refusal) = (dir.status()?, dir.refusal()?);
    let refusal = match refusal.as_str() {
        "" => "none",
        reason => reason,
    };
    // `machine hypervisor=xen_pv kernel_lock=…`
    let machine = dir.machine()?;
    let machine = machine.split_once(' ').map(|(_, facts)| facts);
    let machine = machine.map_or(String::new(), |facts| format!("\n machine        {facts}"));
    let mut grid = grid(&["setting", "value", "allowed"]);
    let config = dir.config()?;
    grid.add_rows(config.lines().filter_map(split_setting));
    Ok(format!(
        " state          {}\n runs           {}\n elapsed        {:.3} s\n \
         refused write  {refusal}{machine}\n\n{}",
        status.state,
        status.runs,
        status.elapsed_ns as f64 / 1e9,
        grid.trim_fmt(),
    ))
}

fn list<T: Tool>() -> String {
    let mut grid = grid(&["setting", "default", "allowed", "meaning"]);
    for [key, default, allowed, meaning] in settings_of::<T>() {
        grid.add_row([key, default, allowed.replace(' ', "\n"), meaning]);
    }
    format!("{}\n\n{}", grid.trim_fmt(), T::notes())
}

/// Prints `text`; unlike `println!`, it does not panic if the reader has gone.
pub fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end())?;
    out.flush()
}
