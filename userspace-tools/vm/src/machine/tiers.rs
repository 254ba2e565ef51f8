// SPDX-License-Identifier: GPL-2.0

//! Virtual machines of each tier: the guest, or in the nested tier the guest (L2) inside the L1 hypervisor.

use std::path::Path;

use anyhow::Result;
use cpu_list::CpuList;
use hosting::L1Orders;
use vm_record::{Hypervisor, Tier};

use super::command_line::{self, words, Boot, Machine, Port, PORT_ID};
use super::kernel_words;
use crate::mode;
use crate::plan::Plan;

/// Memory of L1 beside the guest's: QEMU, its libraries, the guest's image.
const L1_EXTRA_MIB: u32 = 768;

/// L1's ports, by its own numbering. The guest's QEMU opens them itself as its backends (a device without
/// pipes beside it, for both directions), so no process in L1 relays.
const GUEST_PORT: &str = "/dev/vport0p2";
const GUEST_MONITOR: &str = "/dev/vport0p3";
const GUEST_CONSOLE: &str = "/dev/vport0p4";

/// Where the guest's debug port connects in L1.
const L1_PREEMPT_SOCKET: &str = "/tmp/preempt";

/// Sockets in the private folder of an attempt.
pub mod sockets {
    /// The monitor of the QEMU on this host.
    pub const MONITOR: &str = "qmp";
    /// The monitor of the guest's QEMU in L1.
    pub const GUEST_MONITOR: &str = "guest-qmp";
    pub const GUEST: &str = "control";
    pub const L1: &str = "l1";
    pub const PREEMPT: &str = "preempt";
}

pub struct CommandLines {
    /// The QEMU on this host.
    pub host: Vec<String>,
    /// The QEMU in L1.
    pub l1: Option<Vec<String>>,
}

/// The command lines of a guest on this tier.
pub fn command_lines(plan: &Plan, tier: Tier, folder: &Path, nonce: &str) -> CommandLines {
    let guest = guest(plan, tier, folder, nonce);
    let here = |machine: &Machine| command_line::on_this_host(machine.line(), &plan.cpus);
    match tier {
        Tier::Kvm | Tier::Tcg | Tier::Count | Tier::Xen | Tier::Sim => CommandLines {
            host: here(&guest),
            l1: None,
        },
        Tier::Nested => CommandLines {
            host: here(&l1(plan, folder, nonce)),
            l1: Some(guest.line()),
        },
    }
}

fn guest(plan: &Plan, tier: Tier, folder: &Path, nonce: &str) -> Machine {
    let booted = plan.booted_mode();
    let word = booted.and_then(|mode| mode::kernel_word(mode, tier));
    let mut more: Vec<String> = word.into_iter().map(str::to_owned).collect();
    more.extend_from_slice(&plan.options.kernel_arg);
    let socket = |name| command_line::socket(&folder.join(name));
    let (console, monitor, port, preempt) = match tier {
        Tier::Nested => (
            format!("file,path={GUEST_CONSOLE}"),
            command_line::pipe_monitor(GUEST_MONITOR),
            format!("pipe,path={GUEST_PORT}"),
            command_line::socket(Path::new(L1_PREEMPT_SOCKET)),
        ),
        Tier::Kvm | Tier::Tcg | Tier::Count | Tier::Xen | Tier::Sim => (
            command_line::file(&plan.files(folder).console),
            command_line::monitor(&folder.join(sockets::MONITOR)),
            socket(sockets::GUEST),
            socket(sockets::PREEMPT),
        ),
    };
    let (kernel, initramfs) = (
        plan.image.kernel(tier).to_owned(),
        plan.image.initramfs(tier).to_owned(),
    );
    let words = kernel_words::of(tier, plan.ratio(tier), nonce, &more);
    Machine {
        accelerator: match tier {
            // One thread per vCPU is the point; with thread=single there is no overcommit.
            Tier::Tcg | Tier::Xen => "tcg,thread=multi",
            Tier::Kvm => "kvm",
            Tier::Nested => match plan.hypervisor(tier) {
                // Xen's version 4.17; its interrupts go through the vCPU and not through KVM's own PIC.
                Some(Hypervisor::Xen) => "kvm,xen-version=0x40011,kernel-irqchip=split",
                _ => "kvm",
            },
            Tier::Count => "tcg,thread=single",
            // QEMU runs nothing there.
            Tier::Sim => "none",
        },
        clock: (tier == Tier::Count).then_some(command_line::INSTRUCTIONS_AS_CLOCK),
        cpu_model: mode::cpu_model(tier, plan.hypervisor(tier), booted),
        vcpus: plan.vcpus,
        memory_mib: plan.options.memory,
        numa: plan.options.numa,
        boot: match tier {
            Tier::Xen => Boot::Xen {
                xen: plan.image.xen.clone(),
                xen_words: kernel_words::of_xen(plan),
                kernel,
                initramfs,
                words,
            },
            _ => Boot::Kernel {
                kernel,
                initramfs,
                words,
            },
        },
        console,
        monitor,
        debug_port: plan.options.preempt.map(|_| preempt),
        ports: vec![Port {
            id: PORT_ID,
            name: wire::PORT,
            backend: port,
        }],
    }
}

/// The L1 hypervisor: an emulated AMD machine whose KVM runs the guest.
fn l1(plan: &Plan, folder: &Path, nonce: &str) -> Machine {
    let files = plan.files(folder);
    let socket = |name| command_line::socket(&folder.join(name));
    let port = |id, name, backend| Port { id, name, backend };
    let (monitor, console) = (
        socket(sockets::GUEST_MONITOR),
        command_line::file(&files.console),
    );
    Machine {
        accelerator: "tcg,thread=multi",
        clock: None,
        cpu_model: "max".into(),
        vcpus: plan.emulated_cpus,
        memory_mib: plan.options.memory.saturating_add(L1_EXTRA_MIB),
        numa: None,
        boot: Boot::Kernel {
            kernel: plan.image.kernel(Tier::Tcg).to_owned(),
            initramfs: plan.image.l1.clone(),
            words: kernel_words::of(Tier::Tcg, plan.l1_ratio(), nonce, &[]),
        },
        console: command_line::file(&files.l1_console),
        monitor: command_line::monitor(&folder.join(sockets::MONITOR)),
        debug_port: None,
        ports: vec![
            port("l1", wire::PORT, socket(sockets::L1)),
            port("guest", "slowpath.guest", socket(sockets::GUEST)),
            port("monitor", "slowpath.monitor", monitor),
            port("output", "slowpath.console", console),
        ],
    }
}

/// The command of L1: `l1`, which runs the guest's QEMU.
pub fn l1_command(plan: &Plan, guest_line: &[String]) -> Result<Vec<String>> {
    let orders = L1Orders {
        vcpus: plan.vcpus,
        ports: words(&[GUEST_PORT, GUEST_MONITOR, GUEST_CONSOLE]),
        hog: plan.options.hog.as_ref().map(CpuList::to_string),
        preempt: plan.options.preempt.map(|_| L1_PREEMPT_SOCKET.into()),
        slice_us: plan.options.slice_us,
    };
    let mut command = words(&["l1"]);
    command.push(serde_json::to_string(&orders)?);
    command.extend_from_slice(guest_line);
    Ok(command)
}

#[cfg(test)]
#[path = "tiers_tests.rs"]
mod tests;
