// SPDX-License-Identifier: GPL-2.0

//! `batch`: runs a list of settings and prints one record a run.

#![forbid(unsafe_code)]

mod input;
mod line;

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{ensure, Context};
use clap::Parser;
use debugfs::{tool, Error, Interrupt};
use exit_code::Exit;
use input::{Input, Next};
use results::Record;

const HELP: &str = "\
Each line of the input is the name of a module and its settings; one that is not given has its \
default, or the value in the environment (SLOWPATH_MODE, SLOWPATH_PREEMPT). Empty lines and comments \
after a # are ignored. Each run prints one line of JSON when it ends: its settings and figures, or \
`error`; `seq` counts from 0. With SLOWPATH_BARRIER set, as by `vm run --guests`, each run waits for \
those of the other guests. Verdicts are in the records: a line that failed is NOT MEASURED. A run that \
does not end, or a signal, ends the list.

Example:
  printf 'lock-load lock=ticket threads=2\\njob-runner policy=padata size=1000\\n' | batch";

/// Runs each line of the standard input: MODULE key=value …
#[derive(Parser)]
#[command(version, after_help = format!("{HELP}\n\n{}", exit_code::help()))]
struct Cli {
    /// Where debugfs is mounted
    #[arg(long, value_name = "DIR", default_value = debugfs::ROOT)]
    root: PathBuf,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(End::AllRan(0)) => Exit::Pass.into(),
        Ok(End::Signal(signal)) => {
            eprintln!(
                "batch: interrupted by signal {signal} between two lines; nothing was running"
            );
            Exit::Signal(signal as u8).into()
        }
        Ok(End::AllRan(failed)) => {
            eprintln!("batch: lines that failed: {failed}; their records have an `error`");
            Exit::NotMeasured.into()
        }
        Err(e) => {
            eprintln!("batch: {e}");
            tool::exit(&e).into()
        }
    }
}

/// How the input ended.
enum End {
    /// All lines ran; this many failed.
    AllRan(u64),
    /// A signal arrived between two lines.
    Signal(usize),
}

/// Runs every line.
fn run(cli: &Cli) -> anyhow::Result<End> {
    let interrupt = Interrupt::catch()?;
    let input = Input::open();
    let (mut seq, mut failed) = (0, 0);
    loop {
        let text = match input.next(&interrupt)? {
            Next::Line(text) => text,
            Next::End => return Ok(End::AllRan(failed)),
            Next::Signal(signal) => return Ok(End::Signal(signal)),
        };
        let text = text.split('#').next().unwrap_or("").trim();
        if text.is_empty() {
            continue;
        }
        let (module, settings) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        wait_for_guests()?;
        match line::run(&cli.root, module, settings, seq, &interrupt) {
            Ok(record) => tool::say(&record.to_json())?,
            Err(e) => {
                tool::say(&Record::failure(seq, module, &e).to_json())?;
                failed += 1;
                if ends_the_list(&e) {
                    return Err(e);
                }
            }
        }
        seq += 1;
    }
}

/// Whether no other line is run after this failure: none could start during a run that does not end.
fn ends_the_list(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(Error::Interrupted { .. } | Error::TimedOut { .. })
    )
}

/// Waits at the barrier of `vm run --guests`, if there is one.
fn wait_for_guests() -> anyhow::Result<()> {
    if std::env::var_os(vm_record::environment::BARRIER).is_none() {
        return Ok(());
    }
    let status = Command::new("barrier").status().context("barrier")?;
    ensure!(status.success(), "barrier: {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use debugfs::Error;

    #[test]
    fn run_that_does_not_end_is_the_last_one() {
        let stuck = Error::TimedOut {
            path: "status".into(),
            state: abi::status::State::Stopping,
            waited: Duration::from_secs(30),
        };
        assert!(super::ends_the_list(&stuck.into()));
        let refused = Error::NotRoot { path: "run".into() };
        assert!(!super::ends_the_list(&refused.into()));
        assert!(!super::ends_the_list(&anyhow::anyhow!("no such module")));
    }

    #[test]
    fn man_page_and_completions_are_written() {
        cli_docs::write(<super::Cli as clap::CommandFactory>::command());
    }
}
