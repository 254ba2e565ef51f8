// SPDX-License-Identifier: GPL-2.0

//! Tests of what bounds a job: vCPUs, helpers, CPU time; of nodes, and of jobs in jobs.

use anyhow::{ensure, Result};
use results::{vcpus, JobRunner, Outcome, Report};
use rustix::thread::{sched_getaffinity, sched_setaffinity, CpuSet};

use crate::{
    subject::run_with,
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    group(
        "job",
        &[
            ("cpus/are_those_of_the_setting", cpus),
            ("cpus/are_those_of_the_writer_of_start", affinity),
            ("helpers/are_at_most_80_percent_of_the_vcpus", share),
            ("helpers/are_shared_by_all_jobs", callers),
            ("helpers/are_not_required", deny),
            ("helpers/may_come_from_a_workqueue", queue_work),
            ("cap/is_kept_within_10_percent", cap),
            ("nodes/stay_separate_without_spill", nodes),
            ("nested/jobs_in_jobs_end", nested),
            ("trace/has_a_line_for_each_chunk", trace),
            ("plain/loop_is_timed", plain),
        ],
    )
}

/// A job of 20,000 indices by as many workers as vCPUs.
const JOB: &str = "size=20000 max_threads=max helpers=100 limit_ms=60000";

/// Runs [`JOB`] with `text` set; every index must be done exactly once.
fn whole(text: &str) -> Result<JobRunner> {
    let report: JobRunner = run_with(&format!("{JOB} {text}"))?;
    let (outcome, sum) = (report.outcome(), report.sum);
    let once = outcome == Outcome::Pass && sum.once == report.config.size;
    ensure!(once, "{text}: {outcome}: {sum}");
    Ok(report)
}

/// Fails unless all workers were on the last vCPU.
fn on_the_last(report: &JobRunner) -> Result<()> {
    let vcpu: Vec<u32> = report.workers.iter().map(|w| w.vcpu).collect();
    ensure!(vcpu == [vcpus() - 1], "{vcpu:?}");
    Ok(())
}

fn cpus() -> Result<()> {
    on_the_last(&whole(&format!("cpus={}", vcpus() - 1))?)
}

/// The affinity of the writer of `start`, which includes its cpuset, bounds the job.
fn affinity() -> Result<()> {
    let all = sched_getaffinity(None)?;
    let mut last = CpuSet::new();
    last.set(vcpus() as usize - 1);
    sched_setaffinity(None, &last)?;
    let report = whole("");
    sched_setaffinity(None, &all)?;
    on_the_last(&report?)
}

fn share() -> Result<()> {
    let timing = whole("helpers=80")?.timing;
    let bound = (vcpus() * 80 / 100).max(1).min(vcpus() - 1);
    ensure!(timing.helpers == bound, "{timing}, not {bound}");
    Ok(())
}

fn callers() -> Result<()> {
    let timing = whole("callers=2 helpers=50")?.timing;
    ensure!(timing.most_helpers <= (vcpus() / 2).max(1), "{timing}");
    Ok(())
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

fn queue_work() -> Result<()> {
    let timing = whole("begin=queue_work")?.timing;
    ensure!(timing.helpers == vcpus() - 1, "{timing}");
    Ok(())
}

/// A job with more work than its share in two seconds.
fn cap() -> Result<()> {
    let text = format!("{JOB} size={} cap=40 limit_ms=2000", 1 << 24);
    let report: JobRunner = run_with(&text)?;
    let cpu: u64 = report.workers.iter().map(|w| w.cpu_ns).sum();
    let percent = cpu as f64 / report.sum.elapsed_ns as f64 * 100.0;
    let kept = (36.0..=44.0).contains(&percent);
    ensure!(kept, "{percent:.1} % of a CPU, not 40");
    Ok(())
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

fn trace() -> Result<()> {
    let report = whole("trace=on")?;
    let mut chunks: Vec<_> = report.chunks.iter().map(|c| c.start..c.end).collect();
    ensure!(chunks.len() as u64 == report.sum.chunks, "{}", chunks.len());
    chunks.sort_by_key(|c| c.start);
    let seamless = chunks.windows(2).all(|pair| pair[0].end == pair[1].start);
    ensure!(seamless && chunks[0].start == 0, "{chunks:?}");
    ensure!(chunks.last().is_some_and(|c| c.end == 20_000), "{chunks:?}");
    Ok(())
}

fn plain() -> Result<()> {
    let timing = whole("job=page-init plain=on")?.timing;
    ensure!(timing.plain_ns > 0, "{timing}");
    Ok(())
}
