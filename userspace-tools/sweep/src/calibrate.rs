// SPDX-License-Identifier: GPL-2.0

//! `sweep calibrate`: the costs of a simulated machine, as guests have them.
//!
//! Guests with a vCPU for each CPU time the primitives of which algorithms consist. `calibration` makes
//! costs of them, and the file that names where and how they were measured is one for `--costs`.

mod boots;
mod file;

use std::path::PathBuf;

use anyhow::{bail, Context};
use calibration::{costs, over_boots};
use machine::Costs;
use vm_record::TierChoice;

use crate::{
    console::{stderr, stdout::print_line},
    judge::{evaluation::Evaluation, verdict::Verdict},
    run,
    store::{
        directory::{RESULTS, ROOT},
        file::write,
        loaded::Loaded,
    },
};
use boots::Timed;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Complete result of the experiment, to be read instead of booting guests.
    pub dir: Option<PathBuf>,
    /// Execution tier of the guests in place of the experiment's.
    #[arg(long, conflicts_with = "dir")]
    pub tier: Option<TierChoice>,
    /// Name of the costs; by default the tier's.
    #[arg(long)]
    pub name: Option<String>,
    /// Print the costs, and write no file.
    #[arg(long)]
    pub print: bool,
    /// The experiment: guests with a vCPU for each CPU, and one scenario with load=primitives [default:
    /// scripts/experiments/calibrate.toml; calibrate-xen.toml for --tier xen].
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    pub experiment: Option<PathBuf>,
    /// Folder of the costs.
    #[arg(long, value_name = "DIR", default_value = "scripts/costs")]
    pub costs: PathBuf,
    /// Host CPUs for the guests in place of the experiment's.
    #[arg(long)]
    pub cpus: Option<String>,
    /// Parent of result directories.
    #[arg(long, env = RESULTS, default_value = ROOT)]
    pub results: PathBuf,
}

/// The most of the guests' CPUs that others may take: the costs have a quantile of 99 %.
const MOST_OTHERS: f64 = 0.01;
/// Fewest boots of which the median is the boot in the middle.
const FEWEST: usize = 3;

/// Measures the costs, or reads them, and writes their file.
pub fn calibrate(args: &Args) -> anyhow::Result<Verdict> {
    let loaded = match &args.dir {
        Some(dir) => Loaded::complete(dir, "calibrate by")?,
        None => {
            let run = run::Args {
                tier: args.tier,
                cpus: args.cpus.clone(),
                results: args.results.clone(),
                ..run::Args::default()
            };
            run::record(&experiment(args), &run)?
        }
    };
    let evaluation = Evaluation::of(&loaded)?;
    if !evaluation.is_sound() {
        bail!(
            "cannot calibrate: a run did not end as planned. Try: sweep show build/results/latest"
        );
    }
    let (costs, timed) = measured(&loaded)?;
    let disturbed = disturbance(loaded.provenance.taken_by_others());
    let text = file::text(&costs, &timed, &loaded.provenance, disturbed.as_deref())?;
    toml::from_str::<Costs>(&text).context("cannot read the costs back")?;
    if args.print {
        print_line(text.trim_end())?;
    } else {
        let name = args.name.clone();
        let name = name.unwrap_or_else(|| loaded.provenance.tier().into());
        let path = args.costs.join(format!("{name}.toml"));
        write(&path, &text)?;
        stderr::print_line(format_args!("sweep: wrote {}", path.display()));
    }
    let disturbed = disturbed.map(|why| {
        stderr::print_line(format_args!(
            "sweep: INCONCLUSIVE: {why}. Try: an idle host"
        ));
        Verdict::Inconclusive
    });
    Ok(Verdict::worst(
        [evaluation.verdict()].into_iter().chain(disturbed),
    ))
}

/// The experiment that was named, or that of the tier: no slice of the host is one of a vCPU of Xen.
fn experiment(args: &Args) -> PathBuf {
    let default = match args.tier {
        Some(TierChoice::Xen) => "calibrate-xen",
        _ => "calibrate",
    };
    let default = || format!("scripts/experiments/{default}.toml").into();
    args.experiment.clone().unwrap_or_else(default)
}

/// Why tails of the costs are other work of the host, of which `others` is the part; none on an idle one.
fn disturbance(others: Option<f64>) -> Option<String> {
    let part = others.filter(|part| *part > MOST_OTHERS)?;
    let (percent, most) = (part * 100.0, MOST_OTHERS * 100.0);
    Some(format!(
        "other work of the host is in the costs: {percent:.1} % of the guests' CPUs (allowed: {most:.0} %)"
    ))
}

fn measured(loaded: &Loaded) -> anyhow::Result<(Costs, Timed)> {
    let timed = Timed::of(&loaded.records)?;
    let boots = timed.boots.len();
    if boots < FEWEST {
        bail!("cannot calibrate: {boots} boots timed primitives (allowed: {FEWEST} or more)");
    }
    let costs = costs(&over_boots(&timed.boots), timed.kick);
    let costs = costs.map_err(|missing| {
        let names: Vec<_> = missing.iter().map(|of| of.name()).collect();
        anyhow::anyhow!("cannot calibrate: not each boot timed {}", names.join(", "))
    })?;
    match costs.error() {
        Some(error) => bail!("cannot calibrate: {error}"),
        None => Ok((costs, timed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_with_other_work_is_not_idle() {
        assert_eq!(disturbance(Some(0.01)), None);
        assert_eq!(disturbance(None), None, "simulated guests");
        let why = disturbance(Some(0.21)).unwrap();
        assert!(
            why.contains("21.0 % of the guests' CPUs (allowed: 1 %)"),
            "{why}"
        );
    }
}
