// SPDX-License-Identifier: GPL-2.0

//! `simulate why` and `simulate replay`: the longest waits of a run, and how long they would have been without
//! their cause, or without one preemption.

use abi::lock_load::{Cause, Config, LongWait};
use anyhow::{anyhow, bail};
use exit_code::Exit;
use machine::{Entry, Logged, Ns, Plan};
use results::{LockLoad, Report};
use simulate::{
    attribution::{began, said, without, without_cause},
    run,
    truth::{long_waits, Preemption, Wait},
};

use crate::cli::MachineOptions;

/// Preemptions that a line names.
const MOST_NAMED: usize = 3;

/// A run with its log, and its waits from the longest on.
struct Logs {
    config: Config,
    plan: Plan,
    seed: u64,
    log: Vec<Logged>,
    began: Ns,
    waits: Vec<Wait>,
    reported: Vec<LongWait>,
}

impl Logs {
    fn of(machine: &MachineOptions, seed: u64, settings: &str) -> anyhow::Result<Self> {
        let config: Config = machine.config(settings)?;
        let plan = Plan {
            keeps_log: true,
            ..machine.plan(seed, config.run_ms)?
        };
        let outcome = run(&config, plan.clone(), machine.policy(seed))?;
        let text = outcome.report.map_err(|failed| anyhow!("{failed}"))?;
        let log = outcome.machine.log;
        let (began, fifo) = (began(&log), config.lock.facts().order().hands_over());
        let least = Ns::from(config.long_us) * 1000;
        let mut waits = long_waits(&log, config.threads, least, fifo);
        waits.retain(|wait| wait.came >= began);
        waits.sort_by_key(|wait| std::cmp::Reverse(wait.ns()));
        Ok(Self {
            reported: LockLoad::parse(&text)?.logged_waits,
            config,
            plan,
            seed,
            log,
            began,
            waits,
        })
    }

    /// Thread, time, length and true parts of a wait.
    fn line(&self, wait: &Wait) -> String {
        let [holder, predecessor, own, queue] = wait.parts.map(|ns| ns / 1000);
        let (thread, at, us) = (
            wait.thread,
            (wait.came - self.began) / 1_000_000,
            wait.ns() / 1000,
        );
        format!("{thread:>6} {at:>6} {us:>8} {holder:>8} {predecessor:>13} {own:>7} {queue:>9}")
    }

    /// The preemption of that number, with the time at which its vCPU ran again.
    fn preemption(&self, number: u64) -> anyhow::Result<(Preemption, Ns)> {
        let mut log = self.log.iter().enumerate();
        let found = log.find_map(|(place, logged)| match logged.entry {
            Entry::Preempted(vcpu, it) if it == number => {
                let at = logged.at;
                Some((place, Preemption { at, number, vcpu }))
            }
            _ => None,
        });
        let Some((place, preemption)) = found else {
            let all = |logged: &&Logged| matches!(logged.entry, Entry::Preempted(..));
            let count = self.log.iter().filter(all).count();
            bail!("cannot replay without preemption {number}: the run has {count}, from 0 on");
        };
        let runs = |logged: &&Logged| matches!(logged.entry, Entry::Runs(vcpu, _) if vcpu == preemption.vcpu);
        let again = self.log[place..].iter().find(runs);
        Ok((preemption, again.map_or(Ns::MAX, |logged| logged.at)))
    }
}

const HEAD: &str = "thread  at ms  wait µs  holders  predecessors  itself  queue µs";

fn shown(ns: Option<Ns>) -> String {
    ns.map_or("not the same run".into(), |ns| format!("{} µs", ns / 1000))
}

/// Shows the longest waits of a run.
pub fn why(machine: &MachineOptions, most: usize, settings: &str) -> anyhow::Result<Exit> {
    let logs = Logs::of(machine, machine.seed, settings)?;
    println!("{HEAD}  report, without its cause, preemptions");
    for wait in logs.waits.iter().take(most) {
        let said = said(wait, &logs.reported, logs.began).map_or("not logged", Cause::name);
        let policy = machine.policy(logs.seed);
        let without = shown(without_cause(&logs.config, &logs.plan, policy, wait)?);
        println!("{}  {said}, {without}, {}", logs.line(wait), names(wait));
    }
    let (count, least) = (logs.waits.len(), logs.config.long_us);
    println!("{count} waits longer than {least} µs");
    Ok(Exit::Pass)
}

/// The numbers of the preemptions that made a wait long, the first of them.
fn names(wait: &Wait) -> String {
    let mut numbers: Vec<u64> = wait.by.iter().map(|by| by.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let more = numbers.len().saturating_sub(MOST_NAMED);
    let named = numbers.iter().take(MOST_NAMED);
    let named: Vec<String> = named.map(u64::to_string).collect();
    match (named.len(), more) {
        (0, _) => "-".into(),
        (_, 0) => named.join(" "),
        (_, more) => format!("{} and {more} more", named.join(" ")),
    }
}

/// Shows the longest waits that met preemptions, in the run and in one without these.
pub fn replay(
    machine: &MachineOptions,
    seed: u64,
    numbers: &[u64],
    most: usize,
    settings: &str,
) -> anyhow::Result<Exit> {
    let logs = Logs::of(machine, seed, settings)?;
    let mut left_out = Vec::new();
    for &number in numbers {
        let (preemption, again) = logs.preemption(number)?;
        let at = preemption.at.saturating_sub(logs.began) as f64 / 1e6;
        let away = (again - preemption.at) / 1000;
        println!(
            "preemption {number}: vCPU {} at {at:.3} ms, for {away} µs",
            preemption.vcpu.0
        );
        left_out.push((preemption, again));
    }
    let meets = |wait: &&Wait| {
        let mut left_out = left_out.iter();
        left_out.any(|(preemption, again)| preemption.at < wait.entered && *again > wait.came)
    };
    let met: Vec<&Wait> = logs.waits.iter().filter(meets).collect();
    if met.is_empty() {
        let least = logs.config.long_us;
        bail!("cannot compare: no wait longer than {least} µs met it. Try: a smaller long_us");
    }
    let preemptions: Vec<Preemption> = left_out.iter().map(|(one, _)| *one).collect();
    println!("{HEAD}  without it");
    for wait in met.iter().take(most) {
        let policy = machine.policy(seed);
        let without = without(&logs.config, &logs.plan, policy, wait, &preemptions)?;
        println!("{}  {}", logs.line(wait), shown(without));
    }
    println!(
        "{} waits longer than {} µs met it",
        met.len(),
        logs.config.long_us
    );
    Ok(Exit::Pass)
}
