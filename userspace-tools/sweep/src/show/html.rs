// SPDX-License-Identifier: GPL-2.0

//! `sweep report`: results as one HTML file that needs nothing else.

mod axis;
mod bars;
mod chart;
mod figure;
mod gantt;
mod page;
mod scaling;
mod surface;
mod threshold;
mod timeline;
mod waits;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use self::figure::Figure;
use crate::{
    console::exit::Ended,
    console::exit::Usage,
    judge::cell::{cells, Cell},
    plan::experiment::Part,
    plan::setting::{words, Point},
    show::summary::Summary,
    store::directory::LATEST,
    store::loaded::Loaded,
    store::record::Record,
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directories.
    #[arg(default_value = LATEST)]
    pub dirs: Vec<PathBuf>,
    /// Output file; by default report.html in the first of them.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A part of a result with all that figures are drawn from.
pub struct Drawn<'a> {
    loaded: &'a Loaded,
    part: &'a Part,
    cells: Vec<Cell>,
    records: Vec<&'a Record>,
}

/// Writes the page, and says whether what it reports is as it must be.
pub fn report(args: &Args) -> anyhow::Result<Ended> {
    write(&args.dirs, args.out.as_deref())
}

/// The same, to `out`, or to report.html in the first of `dirs`.
pub fn write(dirs: &[PathBuf], out: Option<&Path>) -> anyhow::Result<Ended> {
    let mut sections = Vec::new();
    let mut ended = Ended::Held;
    let mut n = 0;
    for dir in dirs {
        let loaded = Loaded::read(dir)?;
        let why = loaded.incomplete.clone();
        let summary = Summary::new(&loaded.experiment, &loaded.provenance, &loaded.records, why)?;
        ended = ended.max(summary.ended());
        let figures = figures(&loaded, dir)?;
        sections.push(page::section(&loaded, dir, &summary, &figures, &mut n));
    }
    let page = page::page(&sections, ended).into_string();
    let out = match (out, dirs) {
        (Some(out), _) => out.to_path_buf(),
        (None, [first, ..]) => first.join("report.html"),
        (None, []) => return Err(Usage("no result to report".into()).into()),
    };
    fs::write(&out, page).with_context(|| format!("cannot write {}", out.display()))?;
    let out = fs::canonicalize(&out).unwrap_or(out);
    eprintln!("report: {}", out.display());
    Ok(ended)
}

/// Every figure that the result has numbers for, by part.
fn figures(loaded: &Loaded, dir: &Path) -> anyhow::Result<Vec<(String, Vec<Figure>)>> {
    let mut all = Vec::new();
    for part in &loaded.experiment.parts {
        let mine = |record: &&Record| {
            record.part == part.name && record.counts() && record.said.error().is_none()
        };
        let drawn = Drawn {
            loaded,
            part,
            cells: cells(&loaded.experiment, part, &loaded.records)?,
            records: loaded.records.iter().filter(mine).collect(),
        };
        let mut figures = scaling::figures(&drawn);
        figures.extend(surface::figures(&drawn));
        figures.extend(threshold::figures(&drawn));
        figures.extend(waits::figures(&drawn));
        figures.extend(bars::figures(&drawn));
        figures.extend(gantt::figures(&drawn));
        all.push((part.title.clone(), figures));
    }
    all.push(("Over time".into(), timeline::figures(loaded, dir)?));
    Ok(all)
}

impl Drawn<'_> {
    /// What is measured, with its unit.
    fn measure(&self) -> &'static str {
        use crate::plan::experiment::Module;
        match self.part.module {
            Module::LockLoad => "sections/s",
            Module::SloppyCounter => "additions/s",
            Module::JobRunner => "milliseconds",
            Module::Bottleneck => "operations/s",
        }
    }

    /// The settings that all its runs have in common.
    fn settings(&self) -> String {
        let fixed = words(&self.part.fixed);
        let guest = self.loaded.provenance.boots.first();
        let guest = guest.map_or_else(String::new, |boot| words(&boot.guest.point()));
        let only = self.loaded.experiment.guest.axes();
        let guest: Vec<&str> = guest
            .split(' ')
            .filter(|word| {
                !only
                    .iter()
                    .any(|axis| word.starts_with(&format!("{axis}=")))
            })
            .filter(|word| only.is_empty() || !word.starts_with("vcpus="))
            .collect();
        let name = serde_json::to_value(self.part.module).unwrap_or_default();
        let module = name.as_str().unwrap_or_default().to_string();
        let all = [module, fixed, guest.join(" ")];
        all.join(" ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The command that repeats the experiment in the same order.
    fn command(&self) -> String {
        again(self.loaded)
    }

    /// `settings` in words, without what `axes` say.
    fn name(&self, at: &Point, without: &[&str]) -> String {
        let rest = at
            .iter()
            .filter(|(key, _)| !without.contains(&key.as_str()));
        let rest: Vec<String> = rest
            .map(|(key, value)| match self.part.axes.first() {
                // The first axis is what the part is about; its values speak for themselves.
                Some((first, _)) if first == key => value.to_string(),
                _ => format!("{key} {value}"),
            })
            .collect();
        match rest.is_empty() {
            true => self.part.name.clone(),
            false => rest.join(", "),
        }
    }
}

/// The command that repeats a result.
fn again(loaded: &Loaded) -> String {
    let origin = &loaded.provenance;
    let mut command: Vec<String> = origin.command.clone();
    if let Some(first) = command.first_mut() {
        *first = "scripts/toolbox sweep".into();
    }
    if !command.iter().any(|word| word.starts_with("--seed")) {
        command.push(format!("--seed {}", origin.seed));
    }
    command.join(" ")
}
