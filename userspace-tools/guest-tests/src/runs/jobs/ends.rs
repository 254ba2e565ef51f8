// SPDX-License-Identifier: GPL-2.0

//! Tests of jobs that end early: at their time limit, by `stop`, by an error, for lack of memory.

use std::{
    thread::{self, sleep},
    time::{Duration, Instant},
};

use abi::{
    job_runner::{JobEnd, Progress},
    status::State,
};
use anyhow::{anyhow, ensure, Context, Result};
use results::{
    JobRunner,
    Outcome::{CutShort, Pass},
};
use rustix::io::Errno;

use crate::{
    raw::{refused, write},
    runs::expect::{expect, row},
    subject::{fresh, halt, settings, start_refused},
    suite::Test,
};

pub fn tests() -> Vec<Test> {
    let mut tests = vec![
        Test::new("job/memory/is_refused_if_too_much", memory),
        Test::new(
            "job/start/is_ended_by_stop_and_holds_no_file",
            stopped_start,
        ),
    ];
    for policy in ["static", "padata", "steal_aware"] {
        let name = |name| format!("job/{policy}/{name}");
        let limited = format!("{LONG} policy={policy} limit_ms=50");
        let failing = format!("{FAULT} policy={policy}");
        tests.extend([
            row(name("ends_at_its_time_limit"), limited, CutShort, limit),
            Test::new(name("is_cancelled_and_undone"), move || {
                cancel(&format!("{LONG} policy={policy}"))
            }),
            row(
                name("names_the_index_and_the_chunk_that_failed"),
                failing,
                Pass,
                fault,
            ),
        ]);
    }
    for (name, alone) in ALONE {
        let limited = format!("{SHORT_CALLS} {alone} undo=on limit_ms=100");
        tests.extend([
            Test::new(format!("job/{name}/is_cancelled_and_undone"), move || {
                cancel(&format!("{SHORT_CALLS} {alone}"))
            }),
            row(
                format!("job/{name}/is_undone_at_its_time_limit"),
                limited,
                CutShort,
                |run| limit(run) && run.timing.undone == run.sum.once && run.timing.disorder == 0,
            ),
        ]);
    }
    let failing = format!("{FAULT} nested=on");
    tests.push(row(
        "job/nested/names_the_index_that_failed",
        failing,
        Pass,
        fault,
    ));
    tests
}

/// A job of 17 s of work, in calls of a millisecond.
const SHORT_CALLS: &str = "size=16777216 work_ns=1000 helpers=100";
/// Jobs whose end no second worker sees.
const ALONE: [(&str, &str); 3] = [
    ("one_worker", "max_threads=1"),
    ("one_worker_nested", "max_threads=1 nested=on"),
    ("nested", "max_threads=max nested=on"),
];

/// A job of 65 s of work.
const LONG: &str = "size=65536 work_ns=1000000 max_threads=max helpers=100";

/// A job at its time limit reports what was done until then.
fn limit(JobRunner { sum, timing, .. }: &JobRunner) -> bool {
    sum.cut_short == 1 && sum.missed > 0 && timing.ended == JobEnd::Deadline
}

/// Time limit of a stop during a preparation, of which the allocation of all pages is one step.
const STOPPED: Duration = Duration::from_secs(30);

/// The preparation of a job over 350 MB takes seconds. Meanwhile all files answer, and `stop` ends it.
fn stopped_start() -> Result<()> {
    let module = fresh::<JobRunner>()?;
    let (dir, limit) = (module.dir(), Duration::from_millis(1500));
    dir.set("job=checksum size=90000")?;
    let run = dir.file("run");
    let start = thread::spawn(move || write(&run, b"start"));
    while dir.status()?.state == State::Idle && !start.is_finished() {
        sleep(Duration::from_millis(1));
    }
    let mut longest = Duration::ZERO;
    for _ in 0..10 {
        let asked = Instant::now();
        let (status, _) = (dir.status()?, dir.read("now")?);
        longest = longest.max(asked.elapsed());
        let preparing = status.state == State::Running && status.runs == 0;
        ensure!(preparing, "{status}, {start:?}");
        sleep(Duration::from_millis(10));
    }
    refused(dir, "run", "start", Errno::BUSY, "")?;
    let asked = Instant::now();
    dir.stop()?;
    let started = start.join().map_err(|_| anyhow!("the writer panicked"))?;
    let stopped = asked.elapsed();
    ensure!(started == Err(Errno::CANCELED), "start: {started:?}");
    ensure!(
        longest < limit && stopped < STOPPED,
        "{longest:?}, {stopped:?}"
    );
    let status = dir.status()?;
    ensure!(status.state == State::Idle && status.runs == 0, "{status}");
    Ok(())
}

/// `now` has the progress; `stop` ends the job soon, and all that was done is undone once.
fn cancel(text: &str) -> Result<()> {
    let module = fresh::<JobRunner>()?;
    let text = format!("{text} undo=on limit_ms=60000");
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
    let estimated = seen.rate > 0 && seen.eta_ns > 0 && seen.workers > 0;
    ensure!(estimated, "{seen}");
    halt(&module)?;
    let report = module.result(number)?;
    let (sum, timing) = (report.sum, report.timing);
    ensure!(timing.ended == JobEnd::Cancelled, "{timing}");
    let partial = sum.once >= done && sum.missed > 0 && sum.repeated == 0;
    let undone = timing.undone == sum.once && timing.disorder == 0;
    ensure!(partial && undone, "{sum} {timing}");
    ensure!(module.dir().read("now")?.is_empty());
    Ok(())
}

/// A job that fails with EIO at one index.
const FAULT: &str =
    "job=fault start=1000 size=5000 fail_at=3210 undo=on max_threads=max helpers=100";

fn fault(
    JobRunner {
        fault, timing, sum, ..
    }: &JobRunner,
) -> bool {
    let chunk = fault.chunk_start..fault.chunk_end;
    let named = fault.errno == 5 && fault.index == 4210 && chunk.contains(&fault.index);
    let undone = timing.undone == sum.once && timing.disorder == 0;
    timing.ended == JobEnd::Failed && named && fault.worker < sum.workers && undone
}

fn memory() -> Result<()> {
    let huge = "job=clear-huge size=16777216";
    let reason = start_refused::<JobRunner>(huge, Errno::NOMEM, "can be spared")?;
    // The largest size that the reason names runs, without the OOM killer.
    let (_, spare) = reason.split_once("MiB; ").context("no figure")?;
    let spare: u64 = spare.split(' ').next().unwrap_or("").parse()?;
    let size = spare * 256 * 99 / 100;
    let text = format!("job=clear-pages size={size} limit_ms=60000 max_threads=2");
    expect::<JobRunner>(&text, Pass).map(drop)
}
