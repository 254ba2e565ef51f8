// SPDX-License-Identifier: GPL-2.0

//! Requests to the first processes: the command of the guest, and `l1` of the L1 hypervisor.

use std::fs::File;
use std::io::Read;

use anyhow::{Context, Result};
use vm_record::{environment, Tier};
use wire::{Modules, RunRequest};

use crate::machine;
use crate::plan::Plan;

/// Modules of KVM that L1 loads, in order.
const KVM_MODULES: [&str; 3] = ["irqbypass", "kvm", "kvm-amd"];

pub fn of_guest(plan: &Plan, tier: Tier, nonce: &str) -> RunRequest {
    let options = &plan.options;
    let modules = match (options.no_modules, options.module.as_slice()) {
        (false, []) => Modules::All,
        (_, names) => Modules::Only(names.to_vec()),
    };
    let barrier = options.barrier.is_some();
    let clock = (tier == Tier::Count).then_some(environment::INSTRUCTIONS);
    let env = [
        (environment::MODE, options.mode.map(|mode| mode.name())),
        (environment::PREEMPT, options.preempt.map(|who| who.name())),
        (environment::BARRIER, barrier.then_some("1")),
        (environment::CLOCK, clock),
    ];
    let set = |(key, value): (&str, Option<&str>)| Some((key.to_owned(), value?.to_owned()));
    RunRequest {
        nonce: nonce.to_owned(),
        argv: options.command.clone(),
        env: env.into_iter().filter_map(set).collect(),
        modules,
        stdin: options.stdin.is_some(),
        clock_jumps: clock.is_some(),
    }
}

/// `l1`, which runs the guest's QEMU.
pub fn of_l1(plan: &Plan, nonce: &str, guest_line: &[String]) -> Result<RunRequest> {
    Ok(RunRequest {
        nonce: nonce.to_owned(),
        argv: machine::l1_command(plan, guest_line)?,
        env: Vec::new(),
        modules: Modules::Only(KVM_MODULES.map(str::to_owned).to_vec()),
        stdin: true,
        clock_jumps: false,
    })
}

/// A word that no other attempt has.
pub fn nonce() -> Result<String> {
    let mut bytes = [0; 8];
    let source = "/dev/urandom";
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context(source)?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}
