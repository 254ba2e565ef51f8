// SPDX-License-Identifier: GPL-2.0

//! `run` and `sweep`.

use std::io::{stderr, stdout, IsTerminal, Write};

use anyhow::{Context, Result};

use crate::{
    cli::{How, Kind, Run, Sweep},
    crew::counted,
    load::Load,
    loads, place,
    sample::Sample,
    table, Usage,
};

/// Runs one load once.
pub fn run(args: &Run) -> Result<()> {
    let load = named(&args.load)?;
    let sample = once(load, args.kind, args.workers, 1, &args.how)?;
    match args.how.json {
        true => say(&serde_json::to_string(&sample)?),
        false => say(&table::one(&sample)),
    }
}

/// Runs loads with growing numbers of workers.
pub fn sweep(args: &Sweep) -> Result<()> {
    let all = args.loads == ["all"];
    let chosen: Vec<&Load> = match all {
        true => loads::ALL.iter().collect(),
        false => args
            .loads
            .iter()
            .map(|name| named(name))
            .collect::<Result<_>>()?,
    };
    let workers = match args.workers.as_slice() {
        [] => doubling(place::cpus()?.len() as u32),
        given => given.to_vec(),
    };
    let total = chosen.len() * args.kinds.len() * workers.len() * args.repeat as usize;
    let mut samples = Vec::new();
    // All once, then all again: a disturbance of some seconds then hits all alike.
    for repeat in 1..=args.repeat {
        for load in &chosen {
            for &kind in &args.kinds {
                for &n in &workers {
                    progress(samples.len(), total, load.name);
                    let sample = once(load, kind, n, repeat, &args.how)?;
                    if args.how.json {
                        say(&serde_json::to_string(&sample)?)?;
                    }
                    samples.push(sample);
                }
            }
        }
    }
    progress(total, total, "");
    match args.how.json {
        true => Ok(()),
        false => say(&table::sweep(&samples, &workers)),
    }
}

fn named(name: &str) -> Result<&'static Load> {
    loads::named(name).ok_or_else(|| {
        let names: Vec<_> = loads::ALL.iter().map(|load| load.name).collect();
        Usage(format!(
            "`{name}`: no such load; allowed: {}",
            names.join(" ")
        ))
        .into()
    })
}

fn once(load: &Load, kind: Kind, workers: u32, repeat: u32, how: &How) -> Result<Sample> {
    let counted = counted(load.name, kind, workers, how)?;
    Ok(Sample::of(load.name, kind, repeat, counted))
}

/// 1, 2, 4 … and the number itself.
fn doubling(most: u32) -> Vec<u32> {
    let mut all: Vec<u32> = (0..).map(|i| 1 << i).take_while(|&n| n < most).collect();
    all.push(most.max(1));
    all
}

/// How far it is, on a terminal.
fn progress(done: usize, of: usize, name: &str) {
    if stderr().is_terminal() {
        // Nobody to see it is no reason to stop.
        let _ = match done < of {
            true => write!(stderr(), "\r\x1b[K{done} of {of}  {name}"),
            false => write!(stderr(), "\r\x1b[K"),
        };
    }
}

/// Prints a line or several.
pub fn say(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_workers_double_up_to_the_number_of_cpus() {
        assert_eq!(doubling(1), [1]);
        assert_eq!(doubling(2), [1, 2]);
        assert_eq!(doubling(6), [1, 2, 4, 6]);
        assert_eq!(doubling(8), [1, 2, 4, 8]);
    }
}
