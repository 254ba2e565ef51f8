// SPDX-License-Identifier: GPL-2.0

//! Run of one guest: the choice of the tier, attempts and retries, messages and the record.

mod attempt;
mod kvm_cache;
mod record;
mod request;
mod signals;

use std::fs;
use std::mem;
use std::time::SystemTime;

use anyhow::{Context, Result};
use vm_record::{GuestOutcome, Tier};

use crate::limits::{retries, RETRIES};
use crate::machine;
use crate::monitor::Finished;
use crate::plan::{warn, Plan};
use kvm_cache::KvmCache;
use signals::SignalHandler;

/// Runs the command in a guest; gives the exit code of `vm`.
pub fn run(plan: &Plan) -> Result<u8> {
    let started = SystemTime::now();
    let signals = SignalHandler::start()?;
    let qemu_version = machine::qemu_version()?;
    if let Some(folder) = &plan.options.record {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
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
    if let Some(folder) = &plan.options.record {
        let written = record.write(folder);
        written.with_context(|| folder.display().to_string())?;
    }
    let last = attempts.last().context("no attempt was made")?;
    match plan.options.json {
        true => eprintln!("{}", serde_json::to_string(&record)?),
        false => explain(last, attempts.len(), record.retries),
    }
    Ok(record.exit_code)
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

fn keep_logs(plan: &Plan, number: usize) {
    if let Some(folder) = &plan.options.record {
        for name in ["console", "qemu", "l1", "guest-qemu"] {
            // A log that does not exist was never written.
            let to = folder.join(format!("{name}-attempt-{number}.log"));
            let _ = fs::rename(folder.join(format!("{name}.log")), to);
        }
    }
}

/// Prints the failure of the guest, and what else is wrong with it.
fn explain(last: &Finished, attempts: usize, retries: usize) {
    let outcome = &last.record.outcome;
    if !outcome.is_command_exit() {
        for line in &last.tail {
            eprintln!("  | {line}");
        }
        warn(&outcome.to_string());
        if attempts > 1 {
            warn(&format!("after {attempts} attempts"));
        }
        return;
    }
    if let Some(finding) = last.warning() {
        warn(&format!("the guest's console reports: {}", finding.line));
    }
    if retries > 0 {
        warn(&format!(
            "retries: {retries}; the record has their outcomes"
        ));
    }
    if !last.record.vcpus_report.map_holds() {
        warn("a vCPU thread did not run where it was bound; see the record's map");
    }
}
