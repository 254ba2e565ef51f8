// SPDX-License-Identifier: GPL-2.0

//! `sweep report`: results as one self-contained HTML file.

mod atlas;
mod axis;
mod bars;
mod chart;
mod comparisons;
mod figure;
mod gantt;
mod line;
mod page;
mod picture;
mod prediction;
mod scaling;
mod surface;
mod threshold;
mod timeline;
mod view;
mod waits;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use self::{figure::Figure, view::View};
use crate::{
    console::{stderr, usage::Usage},
    judge::evaluation::Evaluation,
    judge::verdict::Verdict,
    store::directory::LATEST,
    store::file,
    store::loaded::Loaded,
};

pub use self::page::CSS;

/// The page's file in a result directory.
pub const FILE: &str = "report.html";

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directories.
    #[arg(default_value = LATEST)]
    pub dirs: Vec<PathBuf>,
    /// Output file; by default report.html in the first of them.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Also write each figure as an SVG file of its own, figure-N.svg.
    #[arg(long, value_name = "DIR")]
    pub figures: Option<PathBuf>,
}

/// Writes the page; returns the worst verdict of its results.
pub fn report(args: &Args) -> anyhow::Result<Verdict> {
    let mut sections = Vec::new();
    let mut worst = Verdict::Pass;
    let mut number = 0;
    for dir in &args.dirs {
        let loaded = Loaded::read(dir)?;
        let evaluation = Evaluation::of(&loaded)?;
        worst = worst.max(evaluation.verdict());
        let figures = figures(&loaded, dir, &evaluation);
        if let Some(folder) = &args.figures {
            pictures(&figures, number, folder)?;
        }
        sections.push(page::section(
            &loaded,
            dir,
            &evaluation,
            &figures,
            &mut number,
        ));
    }
    let out = match (&args.out, args.dirs.as_slice()) {
        (Some(out), _) => out.clone(),
        (None, [first, ..]) => first.join(FILE),
        (None, []) => return Err(Usage("cannot report: no result. Try: make demo".into()).into()),
    };
    save(&page::page(&sections, worst).into_string(), out)?;
    Ok(worst)
}

/// Writes the page of one evaluated result to report.html in its directory.
pub fn write(loaded: &Loaded, dir: &Path, evaluation: &Evaluation<'_>) -> anyhow::Result<()> {
    save(&text(loaded, dir, dir, evaluation), dir.join(FILE))
}

/// The page of one evaluated result in `dir`, which the page calls `name`.
pub fn text(loaded: &Loaded, dir: &Path, name: &Path, evaluation: &Evaluation<'_>) -> String {
    let figures = figures(loaded, dir, evaluation);
    let section = page::section(loaded, name, evaluation, &figures, &mut 0);
    page::page(&[section], evaluation.verdict()).into_string()
}

/// Writes the figures of one result to `folder`, counted on from `number` as on the page.
fn pictures(figures: &[(String, Vec<Figure>)], number: usize, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let all = figures.iter().flat_map(|(_, figures)| figures);
    for (figure, n) in all.zip(number + 1..) {
        let path = folder.join(format!("figure-{n}.svg"));
        let text = picture::picture(figure, page::CSS);
        file::write(&path, &text)?;
    }
    Ok(())
}

fn save(page: &str, out: PathBuf) -> anyhow::Result<()> {
    file::write(&out, page)?;
    let out = fs::canonicalize(&out).unwrap_or(out);
    stderr::print_line(format_args!("report: {}", out.display()));
    Ok(())
}

/// Every figure that the result has numbers for, by scenario.
fn figures(loaded: &Loaded, dir: &Path, evaluation: &Evaluation<'_>) -> Vec<(String, Vec<Figure>)> {
    let kinds = [
        scaling::figures,
        surface::figures,
        threshold::figures,
        waits::figures,
        bars::figures,
        gantt::figures,
    ];
    let scenarios = evaluation.scenarios.iter().map(|one| {
        let view = View::new(loaded, one.scenario, &one.cells);
        // An atlas has more series than a chart can show.
        let figures = match one.scenario.regret.is_some() || one.scenario.waits.is_some() {
            true => atlas::figures(&view),
            false => kinds.iter().flat_map(|figures| figures(&view)).collect(),
        };
        let lines = line::figures(&view, one);
        let predicted = prediction::figures(&view, one);
        let figures = figures.into_iter().chain(predicted).chain(lines);
        (one.scenario.title.clone(), figures.collect())
    });
    let over_time = timeline::figures(loaded, dir, evaluation);
    scenarios.chain([("Over time".into(), over_time)]).collect()
}
