// SPDX-License-Identifier: GPL-2.0

//! Tests of jobs that end early: at their time limit, by `stop`, by an error, for lack of memory.

use std::{thread::sleep, time::Duration};

use abi::job_runner::{JobEnd, Progress};
use anyhow::{ensure, Context, Result};
use results::{JobRunner, Outcome, Report};
use rustix::io::Errno;

use crate::{
    raw::refused,
    subject::{fresh, halt, run, run_with, settings},
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests = group("job/memory", &[("is_refused_if_too_much", memory)]);
    for policy in ["static", "padata", "steal_aware"] {
        for (name, body) in [
            ("ends_at_its_time_limit", limit as fn(&str) -> _),
            ("is_cancelled_and_undone", cancel),
            ("names_the_index_and_the_chunk_that_failed", fault),
        ] {
            let name = format!("job/{policy}/{name}");
            tests.push(Test::new(name, move || body(policy)));
        }
    }
    tests
}

/// A job of 65 s of work.
const LONG: &str = "size=65536 work_ns=1000000 max_threads=max helpers=100";

/// A job at its time limit reports what was done until then.
fn limit(policy: &str) -> Result<()> {
    let report: JobRunner = run_with(&format!("{LONG} policy={policy} limit_ms=50"))?;
    let (sum, timing) = (report.sum, report.timing);
    ensure!(sum.cut_short == 1 && sum.missed > 0, "{sum}");
    ensure!(timing.ended == JobEnd::Deadline, "{timing}");
    ensure!(report.outcome() == Outcome::CutShort, "{sum}");
    Ok(())
}

/// `now` has the progress; `stop` ends the job soon, and all that was done is undone once.
fn cancel(policy: &str) -> Result<()> {
    let module = fresh::<JobRunner>()?;
    let text = format!("{LONG} policy={policy} undo=on limit_ms=60000");
    let config = settings::<JobRunner>(&text)?;
    let number = module.start(&config)?;
    let progress = || -> Result<Progress> {
        sleep(Duration::from_millis(20));
        let text = module.dir().read("now")?;
        text.trim_end().parse().with_context(|| text.clone())
    };
    let mut seen = progress()?;
    for _ in 0..500 {
        if seen.done > 0 {
            break;
        }
        seen = progress()?;
    }
    let Progress { done, total, .. } = seen;
    ensure!(done > 0 && done < total && total == config.size, "{seen}");
    ensure!(
        seen.rate > 0 && seen.eta_ns > 0 && seen.workers > 0,
        "{seen}"
    );
    halt(&module)?;
    let report = module.result(number)?;
    let (sum, timing) = (report.sum, report.timing);
    ensure!(timing.ended == JobEnd::Cancelled, "{timing}");
    ensure!(
        sum.once >= done && sum.missed > 0 && sum.repeated == 0,
        "{sum}"
    );
    ensure!(
        timing.undone == sum.once && timing.disorder == 0,
        "{timing}"
    );
    ensure!(module.dir().read("now")?.is_empty());
    Ok(())
}

fn fault(policy: &str) -> Result<()> {
    let report: JobRunner = run_with(&format!(
        "policy={policy} job=fault start=1000 size=5000 fail_at=3210 undo=on max_threads=max \
         helpers=100"
    ))?;
    let (fault, timing, sum) = (report.fault, report.timing, report.sum);
    ensure!(timing.ended == JobEnd::Failed, "{timing}");
    ensure!(fault.errno == 5 && fault.index == 4210, "{fault}");
    let chunk = fault.chunk_start..fault.chunk_end;
    ensure!(
        chunk.contains(&fault.index) && fault.worker < sum.workers,
        "{fault}"
    );
    let undone = timing.undone == sum.once && timing.disorder == 0;
    ensure!(undone, "{timing} {sum}");
    ensure!(report.outcome() == Outcome::Pass, "{}", report.outcome());
    Ok(())
}

fn memory() -> Result<()> {
    let module = fresh::<JobRunner>()?;
    module.dir().set("job=clear-huge size=16777216")?;
    refused(module.dir(), "run", "start", Errno::NOMEM, "can be spared")?;
    // The largest size that the reason names runs, without the OOM killer.
    let reason = module.dir().refusal()?;
    let spare = reason
        .split("MiB; ")
        .nth(1)
        .and_then(|r| r.split(' ').next());
    let spare: u64 = spare.context("no figure")?.parse()?;
    let size = spare * 256 * 99 / 100;
    let text = format!("job=clear-pages size={size} limit_ms=60000 max_threads=2");
    let report = run(&module, &settings::<JobRunner>(&text)?)?;
    ensure!(report.outcome() == Outcome::Pass, "{}", report.sum);
    Ok(())
}
