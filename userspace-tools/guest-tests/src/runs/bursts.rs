// SPDX-License-Identifier: GPL-2.0

//! Tests that bursts of any length let other tasks run and end when a run is stopped, and that a
//! report of many objects does not wait for each.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure, Result};
use results::{Bottleneck, Outcome, SloppyCounter};
use rustix::thread::{sched_getaffinity, sched_setaffinity, CpuSet};

use super::expect::expect;
use crate::{
    subject::{fresh, halt, settings, Subject},
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    group(
        "bursts",
        &[
            ("percpu_exact/reads_let_others_run", || {
                lets_others_run::<SloppyCounter>("counter=percpu_exact burst=1048576 reads=99")
            }),
            ("file_list/walks_let_others_run", || {
                let text = "case=file_list variant=one size=65536 burst=65536 write_permille=1000";
                lets_others_run::<Bottleneck>(text)
            }),
            ("path_walk/walks_let_others_run", || {
                let text = "case=path_walk variant=locked depth=64 burst=65536";
                lets_others_run::<Bottleneck>(text)
            }),
            ("mount_count/settles_all_mounts_at_once", settles_at_once),
        ],
    )
}

/// Longest time in which a task of ordinary priority, or a stop, may be kept waiting: many slices,
/// and what a busy host takes.
const LONGEST: Duration = Duration::from_millis(500);

/// A task on the vCPU of a thread runs all the time, and a stop ends the run; a busy host gets three
/// attempts.
fn lets_others_run<R: Subject>(text: &str) -> Result<()> {
    let mut waits = Vec::new();
    for _ in 0..3 {
        let waited = longest_waits::<R>(text)?;
        if waited.iter().all(|&wait| wait < LONGEST) {
            return Ok(());
        }
        waits.push(waited);
    }
    bail!("waits of a task, and of a stop: {waits:?}")
}

/// The longest wait of a task on vCPU 0 during a run, and the time of a stop.
fn longest_waits<R: Subject>(text: &str) -> Result<[Duration; 2]> {
    let module = fresh::<R>()?;
    module.start(&settings::<R>(&format!("{} {text}", R::ENDLESS))?)?;
    let before = sched_getaffinity(None)?;
    let mut first = CpuSet::new();
    first.set(0);
    sched_setaffinity(None, &first)?;
    let (from, mut longest) = (Instant::now(), Duration::ZERO);
    while from.elapsed() < Duration::from_secs(1) {
        let slept = Instant::now();
        sleep(Duration::from_millis(1));
        longest = longest.max(slept.elapsed());
    }
    sched_setaffinity(None, &before)?;
    let stopped = Instant::now();
    halt(&module)?;
    Ok([longest, stopped.elapsed()])
}

/// With a grace period for each mount it takes about a minute.
fn settles_at_once() -> Result<()> {
    let from = Instant::now();
    for variant in ["exact", "percpu"] {
        let text = format!("case=mount_count variant={variant} size=16384 run_ms=20");
        expect::<Bottleneck>(&text, Outcome::Pass)?;
    }
    let took = from.elapsed();
    ensure!(took < Duration::from_secs(5), "took {took:?}");
    Ok(())
}
