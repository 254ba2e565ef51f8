// SPDX-License-Identifier: GPL-2.0

//! `sweep watch`: a result while it comes.

use std::{
    fs,
    io::{stdout, IsTerminal},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{
    console::exit::Usage,
    console::say::say,
    judge::evaluation::Evaluation,
    judge::verdict::Verdict,
    plan::runs::Plan,
    show::summary::Summary,
    store::directory::{self, ROOT},
    store::loaded::Loaded,
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

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Shows the tables again whenever there are new records, until the result is whole or given up.
pub fn watch(args: &Args) -> anyhow::Result<Verdict> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => newest(&args.results)?,
    };
    let mut had = None;
    loop {
        let loaded = Loaded::read(&dir)?;
        let why = loaded.incomplete.clone();
        let under_way = why.as_deref() == Some(directory::UNDER_WAY);
        let now = (loaded.records.len(), why);
        let evaluation = Evaluation::of(&loaded)?;
        let summary = Summary::new(&evaluation, &loaded.provenance);
        if had.as_ref() != Some(&now) {
            let clear = if stdout().is_terminal() {
                "\x1b[H\x1b[2J"
            } else {
                ""
            };
            let all = planned(&dir).map_or_else(|| "?".into(), |n| n.to_string());
            let head = format!("{}: {} of {all} runs", dir.display(), loaded.records.len());
            say(format_args!("{clear}{}\n{head}", summary.text()))?;
            had = Some(now);
        }
        if !under_way || args.once {
            return Ok(evaluation.verdict());
        }
        thread::sleep(EVERY);
    }
}

fn planned(dir: &Path) -> Option<usize> {
    let text = fs::read_to_string(dir.join(directory::PLAN_JSON)).ok()?;
    let plan: Plan = serde_json::from_str(&text).ok()?;
    Some(plan.runs().count())
}

/// The newest result: `latest` is the newest that is whole.
fn newest(root: &Path) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let dirs = entries
        .map(|entry| entry.path())
        .filter(|path| !path.is_symlink() && path.join(directory::EXPERIMENT).is_file());
    let why = || {
        Usage(format!(
            "{}: no result there; `sweep run` makes one",
            root.display()
        ))
    };
    Ok(dirs.max().ok_or_else(why)?)
}
