// SPDX-License-Identifier: GPL-2.0

//! Jobs that do not end well: at their limit, by hand, by an error, for want of memory.

use std::{thread::sleep, time::Duration};

use abi::job_runner::{Config, JobEnd, JobFunction, Policy, Progress, Switch};
use anyhow::{ensure, Context, Result};
use results::{vcpus, JobRunner, Outcome, Report};
use rustix::io::Errno;

use crate::{
    raw::refused,
    subject::{fresh, halt, run},
    suite::Test,
};

/// The tests of how jobs end.
pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for policy in [Policy::Static, Policy::Padata, Policy::StealAware] {
        let name = |what: &str| format!("job/{policy}/{what}");
        tests.push(Test::new(name("is_given_up_at_its_limit"), move || {
            limit(policy)
        }));
        tests.push(Test::new(
            name("is_cancelled_and_undone_in_mid_run"),
            move || cancel(policy),
        ));
        tests.push(Test::new(
            name("names_the_index_and_the_chunk_that_failed"),
            move || fault(policy),
        ));
    }
    tests.push(Test::new(
        "job/memory/too_much_is_refused_with_a_reason",
        memory,
    ));
    tests
}

/// Longer than anybody waits.
fn endless(policy: Policy) -> Config {
    Config {
        policy,
        size: 1 << 16,
        work_ns: 1_000_000,
        max_threads: vcpus(),
        helpers: 100,
        ..Config::default()
    }
}

/// A job that takes too long is given up, and what was done until then is told.
fn limit(policy: Policy) -> Result<()> {
    let config = Config {
        limit_ms: 50,
        ..endless(policy)
    };
    let report = run(&fresh::<JobRunner>()?, &config)?;
    let sum = report.sum;
    ensure!(sum.cut_short == 1 && sum.missed > 0, "{sum}");
    ensure!(report.timing.ended == JobEnd::Deadline, "{}", report.timing);
    ensure!(report.outcome() == Outcome::CutShort, "{sum}");
    Ok(())
}

/// Progress is told in mid-run; `stop` ends it soon, and all that was done is undone once.
fn cancel(policy: Policy) -> Result<()> {
    let module = fresh::<JobRunner>()?;
    let config = Config {
        undo: Switch::On,
        limit_ms: 60_000,
        ..endless(policy)
    };
    let number = module.start(&config)?;
    let mut seen = Progress {
        done: 0,
        total: 0,
        elapsed_ns: 0,
        rate: 0,
        eta_ns: 0,
        workers: 0,
    };
    for _ in 0..500 {
        sleep(Duration::from_millis(20));
        let text = module.dir().read("now")?;
        seen = text.trim_end().parse().with_context(|| text.clone())?;
        if seen.done > 0 {
            break;
        }
    }
    let Progress {
        done,
        total,
        rate,
        eta_ns,
        ..
    } = seen;
    ensure!(done > 0 && done < total && total == config.size, "{seen}");
    ensure!(rate > 0 && eta_ns > 0 && seen.workers > 0, "{seen}");
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

fn fault(policy: Policy) -> Result<()> {
    let config = Config {
        policy,
        job: JobFunction::Fault,
        start: 1000,
        size: 5000,
        fail_at: 3210,
        undo: Switch::On,
        max_threads: vcpus(),
        helpers: 100,
        ..Config::default()
    };
    let report = run(&fresh::<JobRunner>()?, &config)?;
    let (fault, timing, sum) = (report.fault, report.timing, report.sum);
    ensure!(timing.ended == JobEnd::Failed, "{timing}");
    ensure!(fault.errno == 5 && fault.index == 4210, "{fault}");
    let chunk = fault.chunk_start..fault.chunk_end;
    ensure!(chunk.contains(&fault.index), "{fault}");
    ensure!(fault.worker < sum.workers, "{fault}");
    ensure!(
        timing.undone == sum.once && timing.disorder == 0,
        "{timing} {sum}"
    );
    ensure!(report.outcome() == Outcome::Pass, "{}", report.outcome());
    Ok(())
}

fn memory() -> Result<()> {
    let module = fresh::<JobRunner>()?;
    module.dir().set("job=clear-huge size=16777216")?;
    refused(module.dir(), "run", b"start", Errno::NOMEM, "can be spared")?;
    // The largest that is said to fit either runs or is refused; nobody is killed for it.
    let reason = module.dir().refusal()?;
    let spare = reason
        .split("MiB; ")
        .nth(1)
        .and_then(|r| r.split(' ').next());
    let spare: u64 = spare.context("no figure")?.parse()?;
    let config = Config {
        job: JobFunction::ClearPages,
        size: spare * 256 * 99 / 100,
        limit_ms: 60_000,
        max_threads: 2,
        ..Config::default()
    };
    let report = run(&module, &config)?;
    ensure!(report.outcome() == Outcome::Pass, "{}", report.sum);
    Ok(())
}
