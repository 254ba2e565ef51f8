// SPDX-License-Identifier: GPL-2.0

//! Run of one guest: the choice of the tier, attempts and retries, messages and the record.

mod attempt;
mod kvm_cache;
mod record;
mod request;
mod signals;
mod simulated;

use std::fs;
use std::mem;
use std::time::SystemTime;

use anyhow::{Context, Result};
use vm_record::{FindingKind, GuestOutcome, Record, Tier, TierChoice, HIGH_STATUS};

use crate::limits::{retries, RETRIES};
use crate::machine;
use crate::monitor::Finished;
use crate::plan::{say, warn, Plan};
use crate::record_dir::{self, keep_logs};
use kvm_cache::KvmCache;
use signals::SignalHandler;

/// Runs the command in a guest; gives the exit code of `vm`.
pub fn run(plan: &Plan) -> Result<u8> {
    if plan.options.tier == TierChoice::Sim {
        return simulated::run(plan);
    }
    let started = SystemTime::now();
    let signals = SignalHandler::start()?;
    let _owner = record_dir::open(plan)?;
    let qemu_version = machine::qemu_version()?;
    let mut attempts = Vec::new();
    let reason = match plan.options.tier.tiers() {
        [tier] => {
            run_on(plan, *tier, &signals, &mut attempts)?;
            format!("--tier {}", tier.name())
        }
        _ => run_auto(
            plan,
            &KvmCache::new(&qemu_version)?,
            &signals,
            &mut attempts,
        )?,
    };
    let record = record::of(plan, &attempts, reason, qemu_version, started)?;
    let last = attempts.last().context("no attempt was made")?;
    match plan.options.json {
        true => say(&serde_json::to_string(&record)?),
        false => explain(plan, last, &record),
    }
    Ok(record_dir::written(plan, record.exit_code, |folder| {
        record.write(folder)
    }))
}

/// Runs on KVM if the guest boots on it, else on TCG; gives the reason for the tier. A boot that shows that
/// KVM is unusable costs time once per boot of this host.
fn run_auto(
    plan: &Plan,
    cache: &KvmCache,
    signals: &SignalHandler,
    attempts: &mut Vec<Finished>,
) -> Result<String> {
    let known = match cache.read() {
        Some(reason) if reason.is_empty() => {
            run_on(plan, Tier::Kvm, signals, attempts)?;
            return Ok("KVM worked before".into());
        }
        Some(reason) => Some(format!("{reason}; cached in {}", cache.path())),
        None => {
            let kvm = fs::File::options().read(true).write(true).open("/dev/kvm");
            kvm.err().map(|error| format!("/dev/kvm: {error}"))
        }
    };
    if let Some(reason) = known {
        plan.info(&format!("KVM is unusable ({reason}); using TCG"));
        run_on(plan, Tier::Tcg, signals, attempts)?;
        return Ok(reason);
    }
    plan.check_mode(Tier::Kvm)?;
    let mut probe = attempt::run(plan, Tier::Kvm, signals)?;
    let outcome = &probe.record.outcome;
    if probe.hello || matches!(outcome, GuestOutcome::Interrupted { .. }) {
        if probe.hello {
            write_cache(cache, "");
        }
        probe.pass_output_on();
        attempts.push(probe);
        return Ok("the guest booted on KVM".into());
    }
    let reason = match outcome {
        GuestOutcome::KvmUnusable { reason } => reason.clone(),
        other => other.to_string(),
    };
    plan.info(&format!("KVM probe failed ({reason}); using TCG"));
    keep_logs(plan, attempts.len() + 1);
    attempts.push(probe);
    run_on(plan, Tier::Tcg, signals, attempts)?;
    // Only now is it KVM's fault and not the image's.
    if attempts.last().is_some_and(|attempt| attempt.hello) {
        write_cache(cache, &reason);
    }
    Ok(reason)
}

fn write_cache(cache: &KvmCache, reason: &str) {
    if let Err(error) = cache.write(reason) {
        warn(&format!("the next run has to probe KVM again: {error:#}"));
    }
}

fn run_on(
    plan: &Plan,
    tier: Tier,
    signals: &SignalHandler,
    attempts: &mut Vec<Finished>,
) -> Result<()> {
    plan.check_mode(tier)?;
    let before = attempts.len();
    loop {
        let mut attempt = attempt::run(plan, tier, signals)?;
        let earlier = attempts.get(before..).unwrap_or_default();
        if plan.options.barrier.is_some() || !is_worth_a_retry(&attempt, earlier) {
            attempt.pass_output_on();
            attempts.push(attempt);
            return Ok(());
        }
        let (outcome, count) = (&attempt.record.outcome, earlier.len() + 1);
        warn(&format!("{outcome}; retry {count} of {RETRIES}"));
        keep_logs(plan, attempts.len() + 1);
        attempts.push(attempt);
    }
}

/// Whether another attempt is to follow these: each kind of outcome has its own number of retries.
fn is_worth_a_retry(last: &Finished, earlier: &[Finished]) -> bool {
    let kind = |one: &Finished| mem::discriminant(&one.record.outcome);
    let alike = earlier.iter().filter(|one| kind(one) == kind(last));
    let record = &last.record;
    earlier.len() < RETRIES
        && alike.count() < retries(&record.outcome, record.tier, last.output_passed_on)
}

/// Prints the failure of the guest, and what else is wrong with it.
fn explain(plan: &Plan, last: &Finished, record: &Record) {
    let outcome = &last.record.outcome;
    let recorded = |what: &str| match plan.options.record {
        Some(_) => format!("; the record has {what}"),
        None => String::new(),
    };
    if !outcome.is_command_exit() {
        for line in &last.tail {
            say(&format!("  | {line}"));
        }
        warn(&outcome.to_string());
        if record.retries > 0 {
            warn(&format!("after {} attempts", record.retries + 1));
        }
        return;
    }
    if record.exit_code == HIGH_STATUS {
        warn(&format!("{outcome}; exit code {HIGH_STATUS}"));
    }
    if let Some(finding) = last.warning() {
        let line = &finding.line;
        warn(&match finding.kind {
            FindingKind::OutOfMemory => format!(
                "the guest ran out of memory: {line} (--memory {}). Try: more",
                plan.options.memory
            ),
            _ => format!("the guest's console reports: {line}"),
        });
    }
    if record.retries > 0 {
        let what = recorded("their outcomes");
        warn(&format!("retries: {}{what}", record.retries));
    }
    if !last.record.vcpus_report.map_holds() {
        let what = recorded("the map");
        warn(&format!(
            "a vCPU thread did not run where it was bound{what}"
        ));
    }
}
