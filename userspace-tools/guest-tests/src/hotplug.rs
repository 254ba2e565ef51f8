// SPDX-License-Identifier: GPL-2.0

//! Tests of runs during which a vCPU goes offline, and comes back.

use std::{fs, thread::sleep, time::Duration};

use abi::lock_load::Lock;
use anyhow::{bail, ensure, Context, Result};
use debugfs::Module;
use results::{vcpus, LockLoad, Outcome, SloppyCounter};
use rustix::io::Errno;

use crate::{
    raw::refused,
    subject::{each_subject, fresh, halt, run, settings, Subject},
    suite::Test,
};

pub fn tests() -> Vec<Test> {
    let mut tests: Vec<Test> = each_subject!(of()).into_iter().flatten().collect();
    for lock in [Lock::Ticket, Lock::McsHalt, Lock::McsSpinThenHalt] {
        let name = format!("lock/{lock}/run_survives_hotplug");
        tests.push(Test::new(name, move || {
            survives::<LockLoad>(&format!("{} lock={lock}", LockLoad::ENDLESS))
        }));
    }
    tests.extend([returns::<LockLoad>(), returns::<SloppyCounter>()]);
    tests
}

/// The vCPU that `onoff_ms` took offline returns at the end of a run though the kernel refuses once.
fn returns<R: Subject>() -> Test {
    let name = format!("{}/hotplug/vcpu_returns_though_refused_once", R::MODULE);
    Test::new(name, || {
        let module = fresh::<R>()?;
        let all = all_of("present")?;
        module.start(&on_all::<R>("run_ms=60000 onoff_ms=400")?)?;
        let offline = wait_for_offline();
        let failed = offline.and_then(fail_once);
        halt(&module)?;
        failed?;
        let (online, why) = (all_of("online")?, module.dir().refusal()?);
        ensure!(online == all && why.is_empty(), "online: {online}; {why}");
        Ok(())
    })
}

/// The list `file` of vCPUs.
fn all_of(file: &str) -> Result<String> {
    let path = format!("/sys/devices/system/cpu/{file}");
    fs::read_to_string(&path).with_context(|| path.clone())
}

fn wait_for_offline() -> Result<u32> {
    for _ in 0..1000 {
        if let Ok(vcpu) = all_of("offline")?.trim().parse() {
            return Ok(vcpu);
        }
        sleep(Duration::from_millis(5));
    }
    bail!("no vCPU went offline")
}

/// Makes the next attempt of the kernel to bring `vcpu` online fail.
fn fail_once(vcpu: u32) -> Result<()> {
    let states = all_of("hotplug/states")?;
    let state = states
        .lines()
        .find_map(|line| line.trim().strip_suffix(": workqueue:online"));
    let path = format!("/sys/devices/system/cpu/cpu{vcpu}/hotplug/fail");
    fs::write(&path, state.context("no state workqueue:online")?).context(path)
}

fn of<R: Subject>() -> [Test; 2] {
    let name = |name: &str| format!("{}/hotplug/{name}", R::MODULE);
    [
        Test::new(name("run_survives"), || survives::<R>(R::ENDLESS)),
        Test::new(name("bounds_follow"), bounds_follow::<R>),
    ]
}

/// A vCPU, offline while this guard lives.
pub struct Offline(u32);

impl Offline {
    pub fn last() -> Result<Self> {
        Self::of(vcpus() - 1)
    }

    pub fn of(vcpu: u32) -> Result<Self> {
        switch(vcpu, "0")?;
        Ok(Self(vcpu))
    }
}

impl Drop for Offline {
    fn drop(&mut self) {
        if let Err(e) = switch(self.0, "1") {
            // Later tests would run on fewer vCPUs.
            panic!("cannot bring vCPU {} online: {e:#}", self.0);
        }
    }
}

/// Takes a vCPU offline (`0`) or online (`1`).
pub fn switch(vcpu: u32, value: &str) -> Result<()> {
    let path = format!("/sys/devices/system/cpu/cpu{vcpu}/online");
    fs::write(&path, value).with_context(|| format!("{path} < {value}"))
}

/// `text` with as many threads as vCPUs.
fn on_all<R: Subject>(text: &str) -> Result<R::Config> {
    settings::<R>(&format!("{text} {}=max", R::THREADS))
}

/// Starts a run on all vCPUs, takes the last thread's vCPU offline, and checks the report.
fn survives<R: Subject>(text: &str) -> Result<()> {
    let (module, config): (Module<R>, _) = (fresh()?, on_all::<R>(text)?);
    let number = module.start(&config)?;
    sleep(Duration::from_millis(20));
    let offline = Offline::last();
    sleep(Duration::from_millis(50));
    halt(&module)?;
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
    refused(module.dir(), "config", &word, Errno::RANGE, &reason)?;
    run(&module, &on_all::<R>(R::QUICK)?)?;
    drop(offline);
    module.dir().set(&word)?;
    // A value that was allowed when it was set may be out of range at the start.
    let offline = Offline::last()?;
    let reason = "vCPUs are online";
    refused(module.dir(), "run", "start", Errno::RANGE, reason)?;
    drop(offline);
    run(&module, &on_all::<R>(R::QUICK)?)?;
    Ok(())
}
