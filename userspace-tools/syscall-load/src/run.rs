// SPDX-License-Identifier: GPL-2.0

//! `run` and `sweep`.

use std::io::{stderr, IsTerminal, Write};

use anyhow::Result;
use cpu_list::CpuList;
use results::Verdict;

use crate::{
    cli::{How, Kind, RunOptions, SweepOptions, Usage},
    load::Load,
    loads,
    output::print,
    processes,
    sample::Sample,
    table,
};

pub fn run(options: &RunOptions) -> Result<Verdict> {
    let load = named(&options.load)?;
    let sample = sample(load, options.kind, options.workers, 1, &options.how)?;
    let verdict = complain(&sample);
    match options.how.json {
        true => print(&serde_json::to_string(&sample)?)?,
        false => print(&table::one(&sample))?,
    }
    Ok(verdict)
}

/// Prints the reason of a verdict other than PASS on standard error; returns the verdict.
fn complain(sample: &Sample) -> Verdict {
    if let Some(reason) = sample.reason {
        let (load, workers, kind) = (sample.load, sample.workers, sample.kind.name());
        eprintln!(
            "syscall-load: {}: {reason}: {load} by {workers} {kind}",
            sample.verdict
        );
    }
    sample.verdict
}

/// The verdict is the worst of all runs.
pub fn sweep(options: &SweepOptions) -> Result<Verdict> {
    let chosen: Vec<&Load> = match options.loads == ["all"] {
        true => loads::all().collect(),
        false => {
            let loads = options.loads.iter().map(|name| named(name));
            loads.collect::<Result<_>>()?
        }
    };
    let workers = match options.workers.as_slice() {
        [] => doubling(CpuList::allowed()?.count() as u32),
        given => given.to_vec(),
    };
    let total = chosen.len() * options.kinds.len() * workers.len() * options.repeat as usize;
    let mut samples = Vec::new();
    // All once, then all again: a disturbance of some seconds then hits all alike.
    for repeat in 1..=options.repeat {
        for load in &chosen {
            for &kind in &options.kinds {
                for &n in &workers {
                    progress(samples.len(), total, load.name);
                    let sample = sample(load, kind, n, repeat, &options.how)?;
                    if options.how.json {
                        print(&serde_json::to_string(&sample)?)?;
                    }
                    samples.push(sample);
                }
            }
        }
    }
    progress(total, total, "");
    if !options.how.json {
        print(&table::sweep(&samples, &workers))?;
    }
    Ok(Verdict::worst(samples.iter().map(complain)))
}

fn named(name: &str) -> Result<&'static Load> {
    loads::named(name).ok_or_else(|| {
        let names: Vec<_> = loads::all().map(|load| load.name).collect();
        let names = names.join(" ");
        Usage(format!("`{name}`: no such load; allowed: {names}")).into()
    })
}

fn sample(load: &Load, kind: Kind, workers: u32, repeat: u32, how: &How) -> Result<Sample> {
    let (counted, profile) = processes::count(load.name, kind, workers, how)?;
    let sample = Sample::of(load.name, kind, repeat, counted);
    Ok(Sample { profile, ..sample })
}

/// 1, 2, 4 … and the number itself.
fn doubling(most: u32) -> Vec<u32> {
    let mut all: Vec<u32> = (0..).map(|i| 1 << i).take_while(|&n| n < most).collect();
    all.push(most.max(1));
    all
}

fn progress(done: usize, total: usize, name: &str) {
    if stderr().is_terminal() {
        // A terminal that cannot be written to is no reason to stop.
        let _ = match done < total {
            true => write!(stderr(), "\r\x1b[K{done} of {total}  {name}"),
            false => write!(stderr(), "\r\x1b[K"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_workers_double_up_to_the_number_of_cpus() {
        for (most, expected) in [
            (1, &[1][..]),
            (2, &[1, 2]),
            (6, &[1, 2, 4, 6]),
            (8, &[1, 2, 4, 8]),
        ] {
            assert_eq!(doubling(most), expected);
        }
    }
}
