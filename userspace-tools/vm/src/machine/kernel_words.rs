// SPDX-License-Identifier: GPL-2.0

//! Kernel command line of a virtual machine.

use vm_record::Tier;

use super::command_line::words;
use crate::plan::Plan;

/// The first words on every tier, after the console.
const ALWAYS: [&str; 3] = ["loglevel=5", "panic=-1", "nokaslr"];

/// The clock of a guest of Xen: that of Xen can stand still for a while under translation.
const UNDER_XEN: [&str; 1] = ["clocksource=tsc"];

/// Xen saves the FPU lazily on AMD, for which it relies on a bit of CR0 that QEMU's translator ignores in `xsave`:
/// without `eager-fpu` programs compute wrongly.
const XEN: [&str; 5] = [
    "console=com1",
    "com1=115200,8n1",
    "noreboot=1",
    "spec-ctrl=no,eager-fpu",
    "smt=1",
];

/// The words for Xen, whose first domain has all of the memory and so many vCPUs on so many CPUs.
pub fn of_xen(plan: &Plan) -> Vec<String> {
    let mut line = words(&XEN);
    line.push(format!("maxcpus={}", plan.emulated_cpus));
    line.push(format!("dom0_max_vcpus={}", plan.vcpus));
    line.extend_from_slice(&plan.options.xen_arg);
    line
}

/// Measured to shorten the boot where every instruction is emulated. Under KVM the guest stays as
/// its distribution ships it.
const TRANSLATED: [&str; 9] = [
    "mitigations=off",
    "no_timer_check",
    "tsc=reliable",
    "random.trust_cpu=on",
    "rcupdate.rcu_expedited=1",
    // The self-tests of ciphers, and the certificates that no module here is signed by.
    "cryptomgr.notests",
    "initcall_blacklist=load_system_certificate_list",
    "8250.nr_uarts=1",
    // Else each vCPU measures how fast it can loop, which takes a quarter of the boot's CPU time
    // and means nothing on a shared CPU. The value is that of a 2.5 GHz TSC.
    "lpj=10000000",
];

/// Measured with 8 vCPUs on one emulated CPU: 33 s to the first command instead of 187 by the first
/// word, and 4 s less by the second, since each look at a bus that is not there leaves the guest.
const NESTED: [&str; 2] = ["maxcpus=1", "pci=lastbus=0"];

/// Seconds until the kernel reports a lockup, and an RCU stall: its default, and the most that it takes.
const LOCKUP_S: (u32, u32) = (10, 60);
const STALL_S: (u32, u32) = (21, 300);

/// The words for a kernel on this tier, its vCPUs overcommitted by `ratio`.
pub fn of(tier: Tier, ratio: f64, nonce: &str, more: &[String]) -> Vec<String> {
    // An overcommitted vCPU waits for its CPU; the watchdogs must not take that for a lockup.
    let scale = ratio.ceil().max(1.0) as u32;
    let console = if tier == Tier::Xen { "hvc0" } else { "ttyS0" };
    let mut line = vec![format!("console={console}")];
    line.extend(words(&ALWAYS));
    let [lockup, stall] = [LOCKUP_S, STALL_S].map(|(default, max)| (default * scale).min(max));
    line.push(format!("watchdog_thresh={lockup}"));
    line.push(format!("rcupdate.rcu_cpu_stall_timeout={stall}"));
    match tier {
        Tier::Kvm | Tier::Sim => {}
        Tier::Tcg => {
            line.extend(words(&TRANSLATED));
            // `guest` brings the others online before its hello.
            line.push("maxcpus=2".into());
        }
        // The TSC counts instructions, so the kernel knows its frequency and need not be given `lpj`.
        Tier::Count => line.extend(words(&TRANSLATED[..TRANSLATED.len() - 1])),
        Tier::Nested => {
            line.extend(words(&TRANSLATED));
            line.extend(words(&NESTED));
        }
        // A domain whose other vCPUs wait for `guest` panics when it powers off.
        Tier::Xen => {
            line.extend(words(&TRANSLATED));
            line.extend(words(&UNDER_XEN));
        }
    }
    line.push(format!("{}={nonce}", wire::NONCE_WORD));
    line.extend_from_slice(more);
    line
}
