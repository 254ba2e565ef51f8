// SPDX-License-Identifier: GPL-2.0

//! A run: which tier, how many attempts, what to say and to write down.

use std::fs;
use std::io::{self, Write};
use std::mem;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use vm_record::{GuestOutcome, Tier};

use crate::attempt::{self, Attempt};
use crate::machines;
use crate::plan::Plan;
use crate::qemu;
use crate::record;
use crate::signals::Running;
use crate::tier::Memory;
use crate::verdict::{retries, RETRIES};

/// Shows the command lines of the asked tier; `auto` may use both.
pub fn print(plan: &Plan) -> Result<()> {
    let mut out = io::stdout().lock();
    for &tier in plan.asked.tier.tiers() {
        let private = Path::new("PRIVATE_DIR");
        let machines = machines::of(plan, tier, private, "NONCE");
        let line = qemu::quoted(&machines.line)?;
        writeln!(out, "# {}\n{line}", tier.name()).context("standard output")?;
        if let Some(line) = machines.guest_line {
            let line = qemu::quoted(&line)?;
            writeln!(out, "# inside L1\n{line}").context("standard output")?;
        }
    }
    Ok(())
}

/// Runs the command in a guest; returns `vm`'s exit code.
pub fn run(plan: &Plan) -> Result<u8> {
    let started = SystemTime::now();
    let running = Running::watch()?;
    let qemu_version = qemu::version()?;
    if let Some(folder) = &plan.asked.record {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut attempts = Vec::new();
    let reason = match plan.asked.tier.tiers() {
        [tier] => {
            let reason = format!("--tier {}", tier.name());
            repeat(plan, *tier, &running, &mut attempts, reason)?
        }
        _ => auto(plan, &Memory::new(&qemu_version)?, &running, &mut attempts)?,
    };
    let record = record::of(plan, &attempts, reason, qemu_version, started)?;
    if let Some(folder) = &plan.asked.record {
        record
            .write(folder)
            .with_context(|| folder.display().to_string())?;
    }
    let last = attempts.last().context("no attempt was made")?;
    if plan.asked.json {
        eprintln!("{}", serde_json::to_string(&record)?);
    } else {
        explain(plan, last, attempts.len());
    }
    Ok(last.record.outcome.exit_code())
}

/// KVM if the job boots on it, else TCG. The proof costs time once per boot of this host.
fn auto(
    plan: &Plan,
    memory: &Memory,
    running: &Running,
    attempts: &mut Vec<Attempt>,
) -> Result<String> {
    match memory.recall() {
        Some(reason) if reason.is_empty() => {
            return repeat(
                plan,
                Tier::Kvm,
                running,
                attempts,
                "KVM worked before".into(),
            );
        }
        Some(reason) => {
            let reason = format!("{reason} (remembered in {})", memory.path());
            plan.say(&format!("using tcg: {reason}"));
            return repeat(plan, Tier::Tcg, running, attempts, reason);
        }
        None => {}
    }
    if let Err(error) = fs::File::options().read(true).write(true).open("/dev/kvm") {
        let reason = format!("/dev/kvm: {error}");
        plan.say(&format!("using tcg: {reason}"));
        return repeat(plan, Tier::Tcg, running, attempts, reason);
    }
    plan.check_mode(Tier::Kvm)?;
    let proof = attempt::run(plan, Tier::Kvm, running)?;
    if proof.progress.hello || matches!(proof.record.outcome, GuestOutcome::Interrupted { .. }) {
        if proof.progress.hello {
            remember(plan, memory, "");
        }
        attempts.push(proof);
        return Ok("the job booted on KVM".into());
    }
    let reason = proof.record.outcome.to_string();
    let reason = reason.split(';').next().unwrap_or_default().to_owned();
    plan.say(&format!("using tcg: {reason}"));
    put_aside(plan, attempts.len() + 1);
    attempts.push(proof);
    let reason = repeat(plan, Tier::Tcg, running, attempts, reason)?;
    // Only now is it KVM's fault and not the image's.
    if attempts
        .last()
        .is_some_and(|attempt| attempt.progress.hello)
    {
        remember(plan, memory, &reason);
    }
    Ok(reason)
}

fn remember(plan: &Plan, memory: &Memory, reason: &str) {
    if let Err(error) = memory.remember(reason) {
        plan.complain(&format!("the next run has to try KVM again: {error:#}"));
    }
}

/// Makes attempts on one tier until one tells something about the load.
fn repeat(
    plan: &Plan,
    tier: Tier,
    running: &Running,
    attempts: &mut Vec<Attempt>,
    reason: String,
) -> Result<String> {
    plan.check_mode(tier)?;
    let before = attempts.len();
    loop {
        let mut attempt = attempt::run(plan, tier, running)?;
        let earlier = attempts.get(before..).unwrap_or_default();
        if plan.asked.barrier.is_some() || !again(&attempt, earlier) {
            attempt.let_out();
            attempts.push(attempt);
            return Ok(reason);
        }
        let count = earlier.len() + 1;
        plan.complain(&format!(
            "{}; repetition {count} of {RETRIES}",
            attempt.record.outcome
        ));
        put_aside(plan, attempts.len() + 1);
        attempts.push(attempt);
    }
}

/// Whether an attempt after these is worth while.
fn again(last: &Attempt, earlier: &[Attempt]) -> bool {
    let outcome = |attempt: &Attempt| mem::discriminant(&attempt.record.outcome);
    let alike = earlier.iter().filter(|one| outcome(one) == outcome(last));
    let record = &last.record;
    earlier.len() < RETRIES && alike.count() < retries(&record.outcome, record.tier, last.progress)
}

/// Keeps the logs of an attempt that another one follows.
fn put_aside(plan: &Plan, number: usize) {
    if let Some(folder) = &plan.asked.record {
        for name in ["console", "qemu", "l1", "guest-qemu"] {
            // A log that is not there was never written.
            let to = folder.join(format!("{name}-attempt-{number}.log"));
            let _ = fs::rename(folder.join(format!("{name}.log")), to);
        }
    }
}

/// Says what became of the guest, if that is not simply the command's end.
fn explain(plan: &Plan, last: &Attempt, attempts: usize) {
    if !last.record.outcome.is_command_exit() {
        for line in &last.tail {
            eprintln!("  | {line}");
        }
        plan.complain(&last.record.outcome.to_string());
        if attempts > 1 {
            plan.complain(&format!("after {attempts} attempts"));
        }
    } else if let Some(finding) = last.complaint() {
        plan.complain(&format!(
            "the guest's kernel complained too: {}",
            finding.line
        ));
    }
    if attempts > 1 && last.record.outcome.is_command_exit() {
        plan.complain(&format!(
            "after {attempts} attempts; the record has what became of the others"
        ));
    }
    if last.record.outcome.is_command_exit() && !last.record.vcpus_report.map_holds() {
        plan.complain("a vCPU thread was not where it was put; see the record's map");
    }
}
