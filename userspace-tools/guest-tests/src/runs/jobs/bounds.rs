// SPDX-License-Identifier: GPL-2.0

//! Tests of what bounds a job: vCPUs, helpers, CPU time; of nodes, and of jobs in jobs.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use anyhow::{ensure, Context, Result};
use results::{vcpus, JobRunner, Outcome};
use rustix::{
    io::Errno,
    thread::{sched_getaffinity, sched_setaffinity, CpuSet},
};

use crate::{
    raw::refused,
    runs::expect::{expect, rows},
    subject::{fresh, run_with},
    suite::{group, Found, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests = rows! { JobRunner, "job", JOB;
        "cpus/are_those_of_the_setting": format!("cpus={}", vcpus() - 1), Pass,
            |run| is_whole(run) && is_on_the_last(run);
        "helpers/are_at_most_80_percent_of_the_vcpus": "helpers=80", Pass,
            |run| is_whole(run)
                && run.timing.helpers == (vcpus() * 80 / 100).max(1).min(vcpus() - 1);
        "helpers/are_shared_by_all_jobs": "callers=2 helpers=50", Pass,
            |run| is_whole(run) && run.timing.most_helpers <= (vcpus() / 2).max(1);
        "helpers/may_come_from_a_workqueue": "begin=queue_work", Pass,
            |run| is_whole(run) && run.timing.helpers == vcpus() - 1;
        "trace/has_a_line_for_each_chunk": "trace=on", Pass,
            |run| is_whole(run) && is_traced(run);
        "plain/loop_is_timed": "job=page-init plain=on", Pass,
            |run| is_whole(run) && run.timing.plain_ns > 0;
    };
    tests.extend(group(
        "job",
        &[
            ("cpus/are_those_of_the_writer_of_start", affinity),
            ("cpus/read_back_as_written", read_back),
            ("helpers/are_not_required", deny),
            ("helpers/are_not_starved_by_a_busy_vcpu", starved),
            ("nodes/stay_separate_without_spill", nodes),
            ("nested/jobs_in_jobs_end", nested),
            ("nested/helpers_of_inner_jobs_are_counted", nested_helpers),
        ],
    ));
    tests.push(Test::new("job/cap/is_kept_within_10_percent", cap));
    tests
}

/// A job of 20,000 indices by as many workers as vCPUs.
const JOB: &str = "size=20000 max_threads=max helpers=100 limit_ms=60000";

/// Runs [`JOB`] with `text` set; every index must be done exactly once.
fn whole(text: &str) -> Result<JobRunner> {
    let report: JobRunner = expect(&format!("{JOB} {text}"), Outcome::Pass)?;
    ensure!(is_whole(&report), "{text}: {}", report.sum);
    Ok(report)
}

fn is_whole(run: &JobRunner) -> bool {
    run.sum.once == run.config.size
}

fn is_on_the_last(run: &JobRunner) -> bool {
    run.workers.iter().map(|w| w.vcpu).eq([vcpus() - 1])
}

/// The affinity of the writer of `start`, which includes its cpuset, bounds the job.
fn affinity() -> Result<()> {
    let all = sched_getaffinity(None)?;
    let mut last = CpuSet::new();
    last.set(vcpus() as usize - 1);
    sched_setaffinity(None, &last)?;
    let report = whole("");
    sched_setaffinity(None, &all)?;
    let report = report?;
    ensure!(is_on_the_last(&report), "{:?}", report.workers);
    Ok(())
}

/// Sets as wide as a kernel's; a set of the first 64 is not all.
fn read_back() -> Result<()> {
    let module = fresh::<JobRunner>()?;
    for cpus in ["0-63", "0-8191", "0", "63-64", "all", "0-1+3+64+1000-8191"] {
        module.dir().set(&format!("cpus={cpus}"))?;
        let shown = module.dir().config()?;
        ensure!(
            shown.contains(&format!("cpus={cpus}  #")),
            "{cpus}: {shown}"
        );
    }
    refused(module.dir(), "config", "cpus=8192", Errno::RANGE, "0-8191")?;
    refused(module.dir(), "config", "cpus=0-", Errno::INVAL, "0-3+6")
}

fn deny() -> Result<()> {
    for deny in [1, vcpus() - 1, 255] {
        let report = whole(&format!("deny={deny}"))?;
        let left = (vcpus() - 1).saturating_sub(deny);
        ensure!(report.timing.helpers == left, "{deny}: {}", report.timing);
        ensure!(report.sum.workers == left + 1, "{deny}: {}", report.sum);
    }
    Ok(())
}

/// A job with more work than its share in two seconds.
fn cap() -> Result<Found> {
    let text = format!("{JOB} size={} cap=40 limit_ms=2000", 1 << 24);
    let report: JobRunner = run_with(&text)?;
    let cpu: u64 = report.workers.iter().map(|w| w.cpu_ns).sum();
    let percent = cpu as f64 / report.sum.elapsed_ns as f64 * 100.0;
    let kept = (36.0..=44.0).contains(&percent);
    let text = format!("{percent:.1} % of a CPU");
    Ok(Found::new(text)
        .with("percent", percent)
        .require(kept, "not 40 %"))
}

fn nodes() -> Result<()> {
    if vcpus() < 4 {
        return whole("nodes=2").map(drop);
    }
    for policy in ["padata", "steal_aware"] {
        let report = whole(&format!("policy={policy} nodes=2 spill=off size=100000"))?;
        let items = |node| {
            let there = report.workers.iter().filter(move |w| w.node == node);
            there.map(|w| w.items).sum::<u64>()
        };
        let items = (items(0), items(1));
        ensure!(items == (50_000, 50_000), "{items:?}");
    }
    // More nodes than workers: every node gets one.
    whole("nodes=8 max_threads=2 spill=off")?;
    whole("nodes=0").map(drop)
}

fn nested() -> Result<()> {
    for policy in ["static", "padata", "steal_aware"] {
        whole(&format!("policy={policy} nested=on callers=2"))?;
    }
    Ok(())
}

/// Jobs in jobs of which one at least is to have an inner job of more than one index.
const ATTEMPTS: u32 = 10;

/// The outer job has all helpers, and every inner job works alone; or there are some left.
fn nested_helpers() -> Result<()> {
    let all = ((vcpus() - 1) * 100).div_ceil(vcpus());
    // On a slow guest a part is one index for most of a job, and a job of one index wants no helper.
    for attempt in 1..=ATTEMPTS {
        let timing = whole(&format!("nested=on helpers={all}"))?.timing;
        ensure!(timing.helpers == vcpus() - 1, "{timing}");
        if timing.wanted > timing.helpers {
            break;
        }
        ensure!(attempt < ATTEMPTS, "no inner job wanted a helper: {timing}");
    }
    if vcpus() > 2 {
        let timing = whole("nested=on max_threads=2")?.timing;
        ensure!(timing.helpers > 1, "{timing}");
    }
    Ok(())
}

/// A helper with half of the work, on a vCPU that a task of higher priority keeps busy.
fn starved() -> Result<()> {
    let done = AtomicBool::new(false);
    let report = thread::scope(|scope| {
        let hog = scope.spawn(|| -> Result<()> {
            let mut second = CpuSet::new();
            second.set(1);
            sched_setaffinity(None, &second)?;
            while !done.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
            Ok(())
        });
        let text = format!("{JOB} policy=static size=300 work_ns=1000000 max_threads=2");
        let report = expect::<JobRunner>(&text, Outcome::Pass);
        done.store(true, Ordering::Relaxed);
        hog.join().map_or(Ok(()), |hog| hog)?;
        report
    })?;
    // At 15/1039 of the time of its vCPU, the helper would take 69 times as long as the caller.
    let caller = report.workers.first().context("no caller")?;
    let waited = caller.idle_ns / caller.busy_ns.max(1);
    ensure!(waited < 10, "{waited} times: {:?}", report.workers);
    Ok(())
}

/// Whether the chunks are as many as the workers took, and cover the range without a gap.
fn is_traced(run: &JobRunner) -> bool {
    let mut chunks: Vec<_> = run.chunks.iter().map(|c| (c.start, c.end)).collect();
    chunks.sort_unstable();
    let end = chunks
        .iter()
        .try_fold(0, |at, &(start, end)| (start == at).then_some(end));
    chunks.len() as u64 == run.sum.chunks && end == Some(20_000)
}
