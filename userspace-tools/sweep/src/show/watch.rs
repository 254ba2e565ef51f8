// SPDX-License-Identifier: GPL-2.0

//! `sweep watch`: the tables of a result while it runs.

use std::{
    fs,
    io::{stdout, IsTerminal},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{
    console::{stdout::print_line, usage::Usage},
    judge::{evaluation::Evaluation, verdict::Verdict},
    show::summary,
    store::{
        directory::{self, ROOT},
        loaded::Loaded,
    },
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directory; by default the newest.
    pub dir: Option<PathBuf>,
    /// Parent of result directories, to find the newest.
    #[arg(long, default_value = ROOT)]
    pub results: PathBuf,
    /// Print the tables once and exit.
    #[arg(long)]
    pub once: bool,
}

/// Time between two reads of the records.
const PERIOD: Duration = Duration::from_secs(1);

/// Moves the cursor home and clears the terminal.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Prints the tables again at each new record, until the result is complete or failed.
pub fn watch(args: &Args) -> anyhow::Result<Verdict> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => newest(&args.results)?,
    };
    let mut last = None;
    loop {
        let loaded = Loaded::read(&dir)?;
        let evaluation = Evaluation::of(&loaded)?;
        let (made, cause) = (loaded.records.len(), loaded.incomplete.clone());
        let is_running = directory::is_running(&dir);
        if last.as_ref() != Some(&(made, cause.clone())) {
            let clear = if stdout().is_terminal() { CLEAR } else { "" };
            let text = summary::text(&evaluation, &loaded.provenance);
            let planned = loaded.plan.as_ref().map(|plan| plan.runs().count());
            let planned = planned.map_or_else(|| "?".into(), |n| n.to_string());
            let dir = dir.display();
            print_line(format_args!(
                "{clear}{text}\n{dir}: {made} of {planned} runs"
            ))?;
            last = Some((made, cause));
        }
        if !is_running || args.once {
            return Ok(evaluation.verdict());
        }
        thread::sleep(PERIOD);
    }
}

/// The newest result, complete or not.
fn newest(root: &Path) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let results = entries
        .map(|entry| entry.path())
        .filter(|path| !path.is_symlink() && path.join(directory::EXPERIMENT).is_file());
    let root = root.display();
    let none = || Usage(format!("cannot watch {root}: no result. Try: sweep run"));
    Ok(results.max().ok_or_else(none)?)
}
