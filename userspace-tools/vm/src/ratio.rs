// SPDX-License-Identifier: GPL-2.0

//! `--ratio`: one run for each ratio of vCPUs to CPUs, one after another.
//!
//! What varies: without --vcpus the number of vCPUs, which is the ratio times the CPUs; with it the
//! number of CPUs. In the nested tier the CPUs are the emulated ones.

use std::io::{self, Write};

use anyhow::{ensure, Context, Result};
use vm_record::TierChoice;

use crate::children::{self, Children};
use crate::oneself;
use crate::plan::Plan;

/// Options that the runs have each of their own.
const OWN: [&str; 4] = ["--ratio", "--vcpus", "--cpus", "--emulated-cpus"];

/// Makes a run for each ratio; gives the first exit code that is not 0.
pub fn run(plan: &Plan, ratios: &[u32]) -> Result<u8> {
    let own: Vec<String> = std::env::args().skip(1).collect();
    let children = Children::watch()?;
    let sizes: Vec<Size> = ratios
        .iter()
        .map(|&ratio| size(plan, ratio))
        .collect::<Result<_>>()?;
    let mut code = 0;
    for size in sizes {
        let label = format!(
            "# ratio {}: {} vCPUs on {}",
            size.ratio, size.vcpus, size.on
        );
        let mut out = io::stdout().lock();
        writeln!(out, "{label}")
            .and_then(|()| out.flush())
            .context("standard output")?;
        drop(out);
        let mut without = OWN.to_vec();
        let mut with = size.words;
        if let Some(folder) = &plan.asked.record {
            let folder = folder.join(format!("ratio-{}", size.ratio));
            without.push("--record");
            with.extend(["--record".into(), folder.display().to_string()]);
        }
        let child = oneself::command(&oneself::words(&own, &without, &with))?.spawn();
        let mut child = child.context("cannot run setpriv; it is part of the toolbox")?;
        children.add(&child)?;
        let status = children::code(child.wait()?);
        code = if code == 0 { status } else { code };
        if let Some(signal) = children.signal() {
            return Ok(128 + signal as u8);
        }
    }
    Ok(code)
}

/// One ratio, in vCPUs and CPUs.
#[derive(Debug)]
struct Size {
    ratio: u32,
    vcpus: usize,
    on: String,
    words: Vec<String>,
}

fn size(plan: &Plan, ratio: u32) -> Result<Size> {
    let nested = plan.asked.tier == TierChoice::Nested;
    let has = if nested {
        plan.emulated_cpus()
    } else {
        plan.cpus.count()
    };
    let ratio_of = ratio as usize;
    let (vcpus, used) = match plan.asked.vcpus {
        None => (ratio_of * has, has),
        Some(_) => {
            let fits = plan.vcpus % ratio_of == 0 && plan.vcpus / ratio_of <= has;
            ensure!(
                fits,
                "--ratio {ratio} --vcpus {}: takes {:.1} CPUs, and there are {has}; leave out \
                 --vcpus to have as many as the ratio takes",
                plan.vcpus,
                plan.vcpus as f64 / f64::from(ratio)
            );
            (plan.vcpus, plan.vcpus / ratio_of)
        }
    };
    ensure!(
        (1..=255).contains(&vcpus),
        "--ratio {ratio}: {vcpus} vCPUs; allowed: 1..=255"
    );
    let cpus = if nested {
        plan.cpus.clone()
    } else {
        plan.cpus.take(used)
    };
    let mut words = vec![
        "--vcpus".into(),
        vcpus.to_string(),
        "--cpus".into(),
        cpus.to_string(),
    ];
    if nested {
        words.extend(["--emulated-cpus".into(), used.to_string()]);
    }
    let on = match nested {
        true => format!("{used} emulated CPUs"),
        false => format!("CPUs {cpus}"),
    };
    Ok(Size {
        ratio,
        vcpus,
        on,
        words,
    })
}

/// The values of the option.
pub type Ratios = Box<[u32]>;

/// Reads them.
pub fn parse(text: &str) -> Result<Ratios, String> {
    let wrong =
        || format!("`{text}` is no list of ratios; allowed: numbers from 1 to 64, as 1,2,4,8");
    let numbers = text.split(',').map(|word| word.parse::<u32>().ok());
    let ratios: Option<Ratios> = numbers.collect();
    let ratios = ratios.filter(|ratios| ratios.iter().all(|ratio| (1..=64).contains(ratio)));
    ratios.ok_or_else(wrong)
}
