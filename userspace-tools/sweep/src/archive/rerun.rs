// SPDX-License-Identifier: GPL-2.0

//! `sweep rerun`: the plan of a bundle run again on this machine, and the two results compared.

use std::{fs, path::PathBuf, time::Duration};

use cpu_list::CpuList;

use crate::{
    archive::{
        manifest::{Kind, Manifest},
        unpack::unpack,
    },
    console::{stdout::print_line, usage::Usage},
    judge::{compare, difference::Limits, verdict::Verdict},
    plan::{guest::Guest, runs::Plan},
    run::{self, finish::Output},
    store::{
        directory::{self, RESULTS, ROOT},
        environment::differences,
        loaded::Loaded,
        provenance::Provenance,
    },
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Bundle of a result, as `sweep bundle` writes it.
    pub bundle: PathBuf,
    /// Parent of result directories, the unpacked one and the new one.
    #[arg(long, env = RESULTS, default_value = ROOT)]
    pub results: PathBuf,
    /// Time limit of one guest boot in seconds; by default five times the estimate and a minute.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub timeout: Option<u64>,
    /// When to call a difference.
    #[command(flatten)]
    pub limits: Limits,
}

/// The most differences of the environments that are printed.
const SHOWN: usize = 40;

/// Runs the plan of the bundle and prints the comparison; returns the worse verdict of the two.
pub fn rerun(args: &Args) -> anyhow::Result<Verdict> {
    let before = unpack(&args.bundle, &args.results, is_of_a_result)?;
    let loaded = Loaded::complete(&before, "rerun")?;
    let wrong = |why: String| Usage(format!("cannot rerun {}: {why}", args.bundle.display()));
    let plan = loaded.plan.as_ref();
    let plan = plan.ok_or_else(|| wrong("it has no plan.json".into()))?;
    let had = &loaded.provenance.cpus;
    let cpus = match loaded.experiment.guest.is_simulated() {
        true => had.clone(),
        false => here(had, &CpuList::allowed()?).map_err(wrong)?,
    };
    let ready = run::Ready {
        text: fs::read_to_string(before.join(directory::EXPERIMENT))?,
        plan: on(plan, &loaded.provenance.cpus, &cpus).map_err(wrong)?,
        experiment: loaded.experiment.clone(),
        cpus,
        timeout: args.timeout.map(Duration::from_secs),
    };
    let (ran, after) = run::execute(ready, &args.results, &Output::default())?;
    print_line(unlike(&loaded.provenance, &Provenance::read(&after)?))?;
    let compared = compare::compare(&compare::Args {
        before,
        after,
        limits: args.limits,
        json: false,
        across_hosts: true,
    })?;
    Ok(ran.max(compared))
}

fn is_of_a_result(manifest: &Manifest) -> Result<(), String> {
    match manifest.kind {
        Kind::Result => Ok(()),
        Kind::Claims => {
            Err("it holds verdicts on claims, which `make evidence` checks again".into())
        }
    }
}

/// The CPUs in place of those that a result had: the same, if they are here, or else as many.
fn here(had: &CpuList, allowed: &CpuList) -> Result<CpuList, String> {
    if had.missing_in(allowed).is_none() {
        return Ok(had.clone());
    }
    match allowed.count() >= had.count() {
        true => Ok(allowed.take(had.count())),
        false => {
            let (had, allowed) = (had.count(), allowed.count());
            Err(format!(
                "too few host CPUs ({allowed}; allowed: {had} or more)"
            ))
        }
    }
}

/// The plan with each CPU of `had` replaced by that of `now` in its place.
fn on(plan: &Plan, had: &CpuList, now: &CpuList) -> Result<Plan, String> {
    let mut plan = plan.clone();
    for boot in &mut plan.boots {
        let Guest {
            cpus, words, tier, ..
        } = &mut boot.guest;
        *cpus = replaced(cpus, had, now)?;
        // The CPUs of a hog in the nested tier are L1's, in the tier sim simulated.
        let hogs = words.iter().position(|word| word == "--hog");
        if let Some(hogs) = hogs.filter(|_| !["nested", "sim"].contains(&tier.as_str())) {
            words[hogs + 1] = replaced(&words[hogs + 1], had, now)?;
        }
    }
    Ok(plan)
}

fn replaced(list: &str, had: &CpuList, now: &CpuList) -> Result<String, String> {
    let list: CpuList = list
        .parse()
        .map_err(|error| format!("plan.json: {error:#}"))?;
    let place = |cpu| had.iter().position(|had| had == cpu);
    let cpus = list.iter().map(|cpu| {
        let place = place(cpu).ok_or_else(|| format!("plan.json: CPU {cpu} is none of {had}"))?;
        Ok(now.round_robin(place).to_string())
    });
    let cpus: Vec<String> = cpus.collect::<Result<_, String>>()?;
    let cpus: CpuList = cpus
        .join(",")
        .parse()
        .map_err(|error: anyhow::Error| error.to_string())?;
    Ok(cpus.to_string())
}

/// What is not the same where the two results were made, a line each.
fn unlike(before: &Provenance, after: &Provenance) -> String {
    let is_whole = before.environment.is_some() && after.environment.is_some();
    let differences = differences(facts(before, is_whole), facts(after, is_whole));
    let mut text = String::from("\n");
    if !is_whole {
        text += "differs  unknown: a result of schema 2 has no facts of machine and tools\n";
    }
    for (name, before, after) in differences.iter().take(SHOWN) {
        text += &format!("differs  {name}: {before}, here {after}\n");
    }
    match differences.len() {
        0 => text += "differs  nothing else that is recorded\n",
        n if n > SHOWN => text += &format!("differs  and {} more\n", n - SHOWN),
        _ => {}
    }
    text
}

/// Facts of where a result was made, and hashes of what its first guest booted; results of schema 2 have few.
fn facts(of: &Provenance, is_whole: bool) -> Vec<(String, String)> {
    let facts = [
        ("commit", of.commit()),
        ("tier", of.tier().into()),
        ("guest kernel", of.kernel().into()),
        ("number of host CPUs", of.cpus.count().to_string()),
    ];
    let of_vm = [("host CPU", of.host_cpu()), ("QEMU", of.qemu())];
    let mut facts = facts.map(|(name, fact)| (name.into(), fact)).to_vec();
    if is_whole {
        let build = of.boots.iter().find_map(|boot| boot.build.as_ref());
        facts.extend(build.into_iter().flat_map(|build| build.facts()));
        let environment = of.environment.iter();
        facts.extend(environment.flat_map(|environment| environment.facts()));
    } else {
        facts.extend(of_vm.map(|(name, fact)| (name.into(), fact.into())));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> CpuList {
        text.parse().unwrap()
    }

    #[test]
    fn cpus_are_the_same_or_as_many() {
        assert_eq!(here(&list("0-1"), &list("0-3")), Ok(list("0-1")));
        assert_eq!(here(&list("2,5"), &list("0-1,7")), Ok(list("0-1")));
        let why = here(&list("0-3"), &list("0-1")).unwrap_err();
        assert_eq!(why, "too few host CPUs (2; allowed: 4 or more)");
    }

    #[test]
    fn each_cpu_of_a_plan_is_replaced_by_that_in_its_place() {
        let replaced = |of: &str| replaced(of, &list("2,5"), &list("0-1"));
        assert_eq!(replaced("2"), Ok("0".into()));
        assert_eq!(replaced("5,2"), Ok("1,0".into()));
        assert!(replaced("3").unwrap_err().contains("CPU 3 is none of 2,5"));
    }
}
