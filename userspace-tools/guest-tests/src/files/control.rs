// SPDX-License-Identifier: GPL-2.0

//! Tests of the files `run`, `status` and `reset`, idle and during a run.

use std::{thread::sleep, time::Duration};

use abi::status::State;
use anyhow::{ensure, Result};
use debugfs::Module;
use results::{Report, SloppyCounter};
use rustix::io::Errno;

use super::case::{on_fresh, Case};
use crate::{
    raw::refused,
    subject::{halt, run, settle, Subject},
    suite::Test,
    threads,
};

pub fn cases<R: Subject>() -> Vec<Case<R>> {
    vec![
        ("run/refuses_other_words", run_refuses),
        ("run/stop_while_idle_does_nothing", stop_idle),
        ("run/start_during_a_run_is_busy", start_busy),
        ("run/stop_ends_a_run_early", stop_early),
        ("run/shows_the_state", shows_state),
        ("run/starts_again_right_after_stop", restarts),
        ("run/threads_are_not_seen_as_hung", none_hung),
        ("config/settings_during_a_run_are_busy", config_busy),
        ("reset/refuses_other_words", reset_refuses),
        ("reset/during_a_run_is_busy", reset_busy),
        ("reset/restores_the_state_after_insmod", reset_restores),
        ("status/counts_runs_and_time", status_counts),
    ]
}

/// The test of settings that may change during a run; only `sloppy-counter` has one.
pub fn live_setting() -> Test {
    let name = "sloppy-counter/config/threshold_changes_during_a_run";
    Test::new(name, || on_fresh(threshold_is_live))
}

fn run_refuses<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    for word in ["START", "go", "1", "start stop", "startx", "", "\n"] {
        refused(dir, "run", word, Errno::INVAL, "allowed: start stop")?;
    }
    refused(dir, "run", b"\xff\0start", Errno::INVAL, "")?;
    refused(dir, "run", " ".repeat(1 << 20), Errno::INVAL, "")?;
    ensure!(dir.status()?.runs == 0, "a refused word started a run");
    Ok(())
}

fn stop_idle<R: Subject>(module: &Module<R>) -> Result<()> {
    module.dir().stop()?;
    module.dir().stop()?;
    let status = module.dir().status()?;
    ensure!(status.state == State::Idle && status.runs == 0, "{status}");
    Ok(())
}

/// What a write during a run is refused with.
const BUSY: &str = "a run is under way";

fn start_busy<R: Subject>(module: &Module<R>) -> Result<()> {
    module.start(&R::endless())?;
    for _ in 0..3 {
        refused(module.dir(), "run", "start", Errno::BUSY, BUSY)?;
    }
    let status = module.dir().status()?;
    ensure!(status.runs == 1, "{status}");
    halt(module)?;
    Ok(module.dir().start()?)
}

fn stop_early<R: Subject>(module: &Module<R>) -> Result<()> {
    let run = module.start(&R::endless())?;
    sleep(Duration::from_millis(50));
    halt(module)?;
    let status = module.dir().status()?;
    ensure!(status.elapsed_ns < 30_000_000_000, "{status}");
    ensure!(*module.result(run)?.config() == R::endless());
    Ok(())
}

fn shows_state<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    ensure!(dir.state()? == State::Idle && dir.status()?.state == State::Idle);
    module.start(&R::endless())?;
    ensure!(dir.state()? == State::Running && dir.status()?.state == State::Running);
    dir.stop()?;
    // The run may have ended already.
    ensure!(dir.state()? != State::Running && dir.status()?.state != State::Running);
    settle(module)?;
    ensure!(dir.state()? == State::Idle && dir.status()?.state == State::Idle);
    Ok(())
}

fn restarts<R: Subject>(module: &Module<R>) -> Result<()> {
    for round in 1..=10 {
        let number = module.start(&R::endless())?;
        ensure!(number == round, "run {number} in round {round}");
        halt(module)?;
        module.result(number)?;
    }
    Ok(())
}

/// A thread that sleeps in state D for two minutes is reported by the hung-task detector.
fn none_hung<R: Subject>(module: &Module<R>) -> Result<()> {
    module.start(&R::endless())?;
    let mut always = threads::in_state_d(R::MODULE)?;
    for _ in 0..5 {
        sleep(Duration::from_millis(30));
        let now = threads::in_state_d(R::MODULE)?;
        always.retain(|thread| now.contains(thread));
    }
    ensure!(always.is_empty(), "in state D: {}", always.join(", "));
    Ok(())
}

fn config_busy<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    module.start(&R::endless())?;
    let before = dir.config()?;
    let word = format!("{}={}", R::NAME.0, R::NAME.1);
    let why = "cannot change during a run";
    refused(dir, "config", word, Errno::BUSY, why)?;
    refused(dir, "config", "nonsense", Errno::INVAL, "`nonsense`")?;
    ensure!(dir.config()? == before, "a refused write changed a setting");
    // Settings that do not change are accepted.
    Ok(dir.set(&before)?)
}

fn reset_refuses<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    dir.set(&R::quick().to_string())?;
    let before = dir.config()?;
    for word in [&b"0"[..], b"2", b"yes", b"1 1", b"-1", b"", b"\n", b"\xff"] {
        refused(dir, "reset", word, Errno::INVAL, "")?;
    }
    let reason = "`yes`: not a word of this file; allowed: 1";
    refused(dir, "reset", "yes", Errno::INVAL, reason)?;
    ensure!(dir.config()? == before, "a refused reset changed a setting");
    Ok(())
}

fn reset_busy<R: Subject>(module: &Module<R>) -> Result<()> {
    module.start(&R::endless())?;
    let before = module.dir().config()?;
    refused(module.dir(), "reset", "1", Errno::BUSY, BUSY)?;
    let status = module.dir().status()?;
    let running = status.state == State::Running && status.runs == 1;
    ensure!(running && module.dir().config()? == before, "{status}");
    Ok(())
}

fn reset_restores<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    let before = dir.config()?;
    run(module, &R::quick())?;
    refused(dir, "run", "go", Errno::INVAL, "`go`")?;
    dir.reset()?;
    ensure!(dir.config()? == before, "config: {:?}", dir.config()?);
    ensure!(dir.report()?.is_empty() && dir.refusal()?.is_empty());
    let status = dir.status()?;
    let restored = status.state == State::Idle && status.runs == 0 && status.elapsed_ns == 0;
    ensure!(restored, "{status}");
    Ok(())
}

fn status_counts<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    for runs in 1..=3 {
        run(module, &R::quick())?;
        ensure!(dir.status()?.runs == runs, "{}", dir.status()?);
    }
    let (idle, still) = (dir.status()?, dir.status()?);
    ensure!(idle.elapsed_ns > 0 && idle == still, "{idle}, then {still}");
    module.start(&R::endless())?;
    let early = dir.status()?;
    sleep(Duration::from_millis(20));
    let later = dir.status()?;
    ensure!(early.elapsed_ns < later.elapsed_ns, "{early}, then {later}");
    ensure!(later.elapsed_ns >= 20_000_000, "after 20 ms: {later}");
    Ok(())
}

fn threshold_is_live(module: &Module<SloppyCounter>) -> Result<()> {
    let (dir, run) = (module.dir(), module.start(&SloppyCounter::endless())?);
    for threshold in [1, 1 << 20, 7] {
        dir.set(&format!("threshold={threshold}"))?;
        let shown = dir.config()?;
        let word = format!("threshold={threshold} ");
        ensure!(shown.contains(&word), "{shown}");
        sleep(Duration::from_millis(20));
    }
    let both = "threshold=8 threads=1";
    refused(dir, "config", both, Errno::BUSY, "`threads=1`")?;
    refused(dir, "config", "threshold=0", Errno::RANGE, "threshold")?;
    ensure!(dir.config()?.contains("threshold=7 "), "half applied");
    halt(module)?;
    let report = module.result(run)?;
    ensure!(!report.outcome().failed(), "{}", report.sum);
    Ok(())
}
