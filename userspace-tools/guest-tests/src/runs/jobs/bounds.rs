// SPDX-License-Identifier: GPL-2.0

//! What a job may take: vCPUs, helpers, CPU time; and what it makes of nodes and of jobs in jobs.

use abi::job_runner::{Config, JobFunction, Policy, Start, Switch};
use anyhow::{ensure, Result};
use results::{vcpus, JobRunner, Outcome, Report};
use rustix::thread::{sched_getaffinity, sched_setaffinity, CpuSet};

use crate::{
    subject::{fresh, run},
    suite::Test,
};

/// The tests of bounds.
pub fn tests() -> Vec<Test> {
    vec![
        Test::new("job/cpus/are_those_of_the_setting", cpus),
        Test::new("job/cpus/are_those_of_whoever_starts", affinity),
        Test::new("job/helpers/are_at_most_80_percent_of_the_vcpus", share),
        Test::new("job/helpers/are_shared_by_all_jobs", callers),
        Test::new("job/helpers/that_cannot_be_had_are_done_without", deny),
        Test::new("job/helpers/may_come_from_a_workqueue", queue_work),
        Test::new("job/cap/is_kept_within_10_percent", cap),
        Test::new("job/nodes/keep_to_themselves_without_spill", nodes),
        Test::new("job/nested/jobs_in_jobs_end", nested),
        Test::new("job/trace/has_a_line_for_each_chunk", trace),
        Test::new("job/plain/does_the_same_on_the_caller", plain),
    ]
}

fn config() -> Config {
    Config {
        size: 20_000,
        max_threads: vcpus(),
        helpers: 100,
        limit_ms: 60_000,
        ..Config::default()
    }
}

/// Runs it, and everything must be done exactly once.
fn whole(config: &Config) -> Result<JobRunner> {
    let report = run(&fresh::<JobRunner>()?, config)?;
    ensure!(
        report.outcome() == Outcome::Pass && report.sum.once == config.size,
        "{config}: {}: {}",
        report.outcome(),
        report.sum
    );
    Ok(report)
}

fn cpus() -> Result<()> {
    let last = vcpus() - 1;
    let config = Config {
        cpus: last.to_string().parse()?,
        ..config()
    };
    let report = whole(&config)?;
    let seats: Vec<u32> = report.workers.iter().map(|w| w.vcpu).collect();
    ensure!(seats == [last], "{seats:?}");
    Ok(())
}

/// The affinity of whoever writes `start`, which holds its cpuset too, bounds the job.
fn affinity() -> Result<()> {
    let all = sched_getaffinity(None)?;
    let mut last = CpuSet::new();
    last.set(vcpus() as usize - 1);
    sched_setaffinity(None, &last)?;
    let report = whole(&config());
    sched_setaffinity(None, &all)?;
    let seats: Vec<u32> = report?.workers.iter().map(|w| w.vcpu).collect();
    ensure!(seats == [vcpus() - 1], "{seats:?}");
    Ok(())
}

fn share() -> Result<()> {
    let report = whole(&Config {
        helpers: Config::default().helpers,
        ..config()
    })?;
    let bound = (vcpus() * 80 / 100).max(1).min(vcpus() - 1);
    ensure!(
        report.timing.helpers == bound,
        "{} of {bound}",
        report.timing
    );
    Ok(())
}

fn callers() -> Result<()> {
    let report = whole(&Config {
        callers: 2,
        helpers: 50,
        ..config()
    })?;
    let bound = (vcpus() / 2).max(1);
    ensure!(report.timing.most_helpers <= bound, "{}", report.timing);
    Ok(())
}

fn deny() -> Result<()> {
    for deny in [1, vcpus() - 1, 255] {
        let report = whole(&Config { deny, ..config() })?;
        let left = (vcpus() - 1).saturating_sub(deny);
        ensure!(report.timing.helpers == left, "{deny}: {}", report.timing);
        ensure!(report.sum.workers == left + 1, "{deny}: {}", report.sum);
    }
    Ok(())
}

fn queue_work() -> Result<()> {
    let report = whole(&Config {
        begin: Start::QueueWork,
        ..config()
    })?;
    ensure!(report.timing.helpers == vcpus() - 1, "{}", report.timing);
    Ok(())
}

/// A job that has more to do than its share lasts for a second and a half.
fn cap() -> Result<()> {
    let report = run(
        &fresh::<JobRunner>()?,
        &Config {
            size: 1 << 24,
            cap: 40,
            limit_ms: 2000,
            ..config()
        },
    )?;
    let cpu: u64 = report.workers.iter().map(|w| w.cpu_ns).sum();
    let percent = cpu as f64 / report.sum.elapsed_ns as f64 * 100.0;
    ensure!(
        (36.0..=44.0).contains(&percent),
        "{percent:.1} % of a CPU, not 40"
    );
    Ok(())
}

fn nodes() -> Result<()> {
    if vcpus() < 4 {
        return whole(&Config {
            nodes: 2,
            ..config()
        })
        .map(drop);
    }
    for policy in [Policy::Padata, Policy::StealAware] {
        let report = whole(&Config {
            policy,
            nodes: 2,
            spill: Switch::Off,
            size: 100_000,
            ..config()
        })?;
        let on = |node| {
            let there = report.workers.iter().filter(move |w| w.node == node);
            there.map(|w| w.items).sum::<u64>()
        };
        ensure!(
            (on(0), on(1)) == (50_000, 50_000),
            "{} and {}",
            on(0),
            on(1)
        );
    }
    // More nodes than workers: somebody comes.
    whole(&Config {
        nodes: 8,
        max_threads: 2,
        spill: Switch::Off,
        ..config()
    })?;
    whole(&Config {
        nodes: 0,
        ..config()
    })
    .map(drop)
}

fn nested() -> Result<()> {
    for policy in [Policy::Static, Policy::Padata, Policy::StealAware] {
        whole(&Config {
            policy,
            nested: Switch::On,
            callers: 2,
            ..config()
        })?;
    }
    Ok(())
}

fn trace() -> Result<()> {
    let report = whole(&Config {
        trace: Switch::On,
        ..config()
    })?;
    let mut chunks: Vec<_> = report.chunks.iter().map(|c| c.start..c.end).collect();
    ensure!(chunks.len() as u64 == report.sum.chunks, "{}", chunks.len());
    chunks.sort_by_key(|c| c.start);
    let seamless = chunks.windows(2).all(|pair| pair[0].end == pair[1].start);
    ensure!(seamless && chunks[0].start == 0, "{chunks:?}");
    ensure!(chunks.last().is_some_and(|c| c.end == 20_000), "{chunks:?}");
    Ok(())
}

fn plain() -> Result<()> {
    let report = whole(&Config {
        job: JobFunction::PageInit,
        plain: Switch::On,
        ..config()
    })?;
    ensure!(report.timing.plain_ns > 0, "{}", report.timing);
    Ok(())
}
