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
    console::exit::Usage,
    judge::cell::Cell,
    judge::evaluation::{EvaluatedScenario, Evaluation},
    judge::verdict::Verdict,
    plan::experiment::Scenario,
    plan::setting::{words, Point},
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
    scenario: &'a Scenario,
    cells: &'a [Cell],
    records: Vec<&'a Record>,
}

/// Writes the page, and says whether what it reports is as it must be.
pub fn report(args: &Args) -> anyhow::Result<Verdict> {
    let mut sections = Vec::new();
    let mut ended = Verdict::Pass;
    let mut n = 0;
    for dir in &args.dirs {
        let loaded = Loaded::read(dir)?;
        let evaluation = Evaluation::of(&loaded)?;
        ended = ended.max(evaluation.verdict());
        sections.push(section(&loaded, dir, &evaluation, &mut n)?);
    }
    let out = match (&args.out, args.dirs.as_slice()) {
        (Some(out), _) => out.clone(),
        (None, [first, ..]) => first.join("report.html"),
        (None, []) => return Err(Usage("no result to report".into()).into()),
    };
    save(&page::page(&sections, ended), out)?;
    Ok(ended)
}

/// Writes the page of one result that is already evaluated to report.html in its directory.
pub fn write(loaded: &Loaded, dir: &Path, evaluation: &Evaluation<'_>) -> anyhow::Result<()> {
    let section = section(loaded, dir, evaluation, &mut 0)?;
    let page = page::page(&[section], evaluation.verdict());
    save(&page, dir.join("report.html"))
}

fn section(
    loaded: &Loaded,
    dir: &Path,
    evaluation: &Evaluation<'_>,
    n: &mut usize,
) -> anyhow::Result<page::Section> {
    let figures = figures(loaded, dir, evaluation)?;
    Ok(page::section(loaded, dir, evaluation, &figures, n))
}

fn save(page: &maud::PreEscaped<String>, out: PathBuf) -> anyhow::Result<()> {
    fs::write(&out, &page.0).with_context(|| format!("cannot write {}", out.display()))?;
    let out = fs::canonicalize(&out).unwrap_or(out);
    eprintln!("report: {}", out.display());
    Ok(())
}

/// Every figure that the result has numbers for, by part.
fn figures(
    loaded: &Loaded,
    dir: &Path,
    evaluation: &Evaluation<'_>,
) -> anyhow::Result<Vec<(String, Vec<Figure>)>> {
    let mut all = Vec::new();
    for EvaluatedScenario {
        scenario, cells, ..
    } in &evaluation.scenarios
    {
        let mine = |record: &&Record| {
            record.scenario == scenario.name && record.counts() && record.said.error().is_none()
        };
        let drawn = Drawn {
            loaded,
            scenario,
            cells,
            records: loaded.records.iter().filter(mine).collect(),
        };
        let mut figures = scaling::figures(&drawn);
        figures.extend(surface::figures(&drawn));
        figures.extend(threshold::figures(&drawn));
        figures.extend(waits::figures(&drawn));
        figures.extend(bars::figures(&drawn));
        figures.extend(gantt::figures(&drawn));
        all.push((scenario.title.clone(), figures));
    }
    all.push((
        "Over time".into(),
        timeline::figures(loaded, dir, evaluation)?,
    ));
    Ok(all)
}

impl Drawn<'_> {
    /// What is measured, with its unit.
    fn measure(&self) -> &'static str {
        use crate::plan::experiment::Module;
        match self.scenario.module {
            Module::LockLoad => "sections/s",
            Module::SloppyCounter => "additions/s",
            Module::JobRunner => "milliseconds",
            Module::Bottleneck => "operations/s",
        }
    }

    /// The settings that all its runs have in common.
    fn settings(&self) -> String {
        let fixed = words(&self.scenario.fixed);
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
        let name = serde_json::to_value(self.scenario.module).unwrap_or_default();
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
            .map(|(key, value)| match self.scenario.axes.first() {
                // The first axis is what the part is about; its values speak for themselves.
                Some((first, _)) if first == key => value.to_string(),
                _ => format!("{key} {value}"),
            })
            .collect();
        match rest.is_empty() {
            true => self.scenario.name.clone(),
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
