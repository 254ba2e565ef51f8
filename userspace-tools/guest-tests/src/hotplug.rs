// SPDX-License-Identifier: GPL-2.0

//! A vCPU that goes offline under a run, and comes back.

use std::{fs, thread::sleep, time::Duration};

use abi::lock_load::{Config, Lock};
use anyhow::{ensure, Context, Result};
use debugfs::Module;
use results::{vcpus, Bottleneck, JobRunner, LockLoad, Outcome, Settings, SloppyCounter};
use rustix::io::Errno;

use crate::{
    raw::refused,
    subject::{fresh, halt, run, Subject},
    suite::Test,
};

/// The tests of vCPUs that come and go.
pub fn tests() -> Vec<Test> {
    let mut tests = vec![
        Test::new(
            "lock-load/hotplug/a_run_outlives_a_vcpu",
            under_a_run::<LockLoad>,
        ),
        Test::new(
            "sloppy-counter/hotplug/a_run_outlives_a_vcpu",
            under_a_run::<SloppyCounter>,
        ),
        Test::new(
            "job-runner/hotplug/a_run_outlives_a_vcpu",
            under_a_run::<JobRunner>,
        ),
        Test::new(
            "bottleneck/hotplug/a_run_outlives_a_vcpu",
            under_a_run::<Bottleneck>,
        ),
        Test::new(
            "lock-load/hotplug/the_bounds_follow",
            bounds_follow::<LockLoad>,
        ),
        Test::new(
            "sloppy-counter/hotplug/the_bounds_follow",
            bounds_follow::<SloppyCounter>,
        ),
        Test::new(
            "job-runner/hotplug/the_bounds_follow",
            bounds_follow::<JobRunner>,
        ),
        Test::new(
            "bottleneck/hotplug/the_bounds_follow",
            bounds_follow::<Bottleneck>,
        ),
    ];
    for lock in [Lock::Ticket, Lock::McsHalt, Lock::McsSpinThenHalt] {
        let name = format!("lock/{lock}/outlives_a_vcpu");
        tests.push(Test::new(name, move || outlives(lock)));
    }
    tests
}

/// The last vCPU, which is offline for as long as this is there.
pub struct Offline(u32);

impl Offline {
    /// Takes the last vCPU away.
    pub fn last() -> Result<Self> {
        let last = vcpus() - 1;
        switch(last, "0")?;
        Ok(Self(last))
    }
}

impl Drop for Offline {
    fn drop(&mut self) {
        if let Err(e) = switch(self.0, "1") {
            // The tests to come would run on fewer vCPUs than they were asked to.
            panic!("vCPU {} does not come back: {e:#}", self.0);
        }
    }
}

fn switch(vcpu: u32, value: &str) -> Result<()> {
    let path = format!("/sys/devices/system/cpu/cpu{vcpu}/online");
    fs::write(&path, value).with_context(|| format!("{path} < {value}"))
}

/// On all vCPUs.
fn on_all<R: Subject>(mut config: R::Config) -> Result<R::Config> {
    let word = format!("{}={}", R::THREADS, vcpus());
    ensure!(config.take(&word, vcpus()).is_ok(), "{word}");
    Ok(config)
}

fn under_a_run<R: Subject>() -> Result<()> {
    let module = fresh::<R>()?;
    lose_one(&module, &on_all::<R>(R::endless())?)
}

fn outlives(lock: Lock) -> Result<()> {
    let config = Config {
        lock,
        ..on_all::<LockLoad>(LockLoad::endless())?
    };
    lose_one(&fresh::<LockLoad>()?, &config)
}

/// Starts `config`, takes the last thread's vCPU away, and looks at what comes of the run.
fn lose_one<R: Subject>(module: &Module<R>, config: &R::Config) -> Result<()> {
    let number = module.start(config)?;
    sleep(Duration::from_millis(20));
    let offline = Offline::last();
    sleep(Duration::from_millis(50));
    halt(module)?;
    let last = offline?.0;
    let report = module.result(number)?;
    ensure!(report.moved() == [last], "moved: {:?}", report.moved());
    let broken = report.outcome() == Outcome::Fail;
    ensure!(!broken, "{}", module.dir().report()?);
    Ok(())
}

fn bounds_follow<R: Subject>() -> Result<()> {
    let module = fresh::<R>()?;
    let (most, word) = (vcpus(), format!("{}={}", R::THREADS, vcpus()));
    let offline = Offline::last()?;
    let reason = format!("allowed: 1..={}", most - 1);
    refused(
        module.dir(),
        "config",
        word.as_bytes(),
        Errno::RANGE,
        &reason,
    )?;
    run(&module, &on_all::<R>(R::quick())?)?;
    drop(offline);
    module.dir().set(&word)?;
    // What was allowed when it was set may be too much when it is started.
    let offline = Offline::last()?;
    refused(
        module.dir(),
        "run",
        b"start",
        Errno::RANGE,
        "vCPUs are online",
    )?;
    drop(offline);
    run(&module, &on_all::<R>(R::quick())?)?;
    Ok(())
}
