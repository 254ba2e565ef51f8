// SPDX-License-Identifier: GPL-2.0

//! The machines of each tier: one, or in the nested tier one within another.

use std::path::Path;

use anyhow::Result;
use hosting::{CpuList, Orders};
use vm_record::Tier;

use crate::kernel_words;
use crate::mode;
use crate::plan::Plan;
use crate::qemu::{self, words, Machine, Port, PORT_ID};

/// What L1 has beside the guest's memory: QEMU, its libraries, the guest's image.
const L1_EXTRA_MIB: u32 = 768;

/// L1's ports, as it numbers them. They lead on into the guest's QEMU, which
/// opens a device that has no pipes beside it for both directions: nothing in between relays.
const GUEST_PORT: &str = "/dev/vport0p2";
const GUEST_MONITOR: &str = "/dev/vport0p3";
const GUEST_CONSOLE: &str = "/dev/vport0p4";

/// Where the guest's debug port connects in L1.
const L1_PREEMPT_SOCKET: &str = "/tmp/preempt";

/// The sockets in the private folder.
pub mod sockets {
    /// The monitor of the QEMU on this host.
    pub const MONITOR: &str = "qmp";
    /// The monitor of the guest's QEMU in L1.
    pub const GUEST_MONITOR: &str = "guest-qmp";
    /// The guest's port.
    pub const GUEST: &str = "control";
    /// L1's own port.
    pub const L1: &str = "l1";
    /// The guest's debug port.
    pub const PREEMPT: &str = "preempt";
}

/// Command lines.
pub struct Machines {
    /// The QEMU on this host.
    pub line: Vec<String>,
    /// The QEMU in L1.
    pub guest_line: Option<Vec<String>>,
    /// The guest's processor.
    pub cpu_model: String,
}

/// The machines that make up a guest on this tier.
pub fn of(plan: &Plan, tier: Tier, folder: &Path, nonce: &str) -> Machines {
    let guest = guest(plan, tier, folder, nonce);
    let cpu_model = guest.cpu_model.clone();
    let here = |machine: &Machine| qemu::on_this_host(machine.line(), &plan.cpus);
    match tier {
        Tier::Kvm | Tier::Tcg => Machines {
            line: here(&guest),
            guest_line: None,
            cpu_model,
        },
        Tier::Nested => Machines {
            line: here(&l1(plan, folder, nonce)),
            guest_line: Some(guest.line()),
            cpu_model,
        },
    }
}

/// The machine that the command runs in.
fn guest(plan: &Plan, tier: Tier, folder: &Path, nonce: &str) -> Machine {
    let files = plan.files(folder);
    let nested = tier == Tier::Nested;
    let booted = plan.asked.boot_mode.or(plan.asked.mode);
    let word = booted.and_then(|mode| mode::kernel_word(mode, tier));
    let mut more: Vec<String> = word.into_iter().map(str::to_owned).collect();
    more.extend_from_slice(&plan.asked.kernel_arg);
    let pipe = |path: &str| format!("pipe,path={path}");
    Machine {
        // One thread per vCPU is the point; with thread=single there is no overcommit.
        accelerator: if tier == Tier::Tcg {
            "tcg,thread=multi"
        } else {
            "kvm"
        },
        cpu_model: mode::cpu_model(tier, booted),
        vcpus: plan.vcpus,
        memory_mib: plan.asked.memory,
        kernel: plan.image.kernel(tier).to_owned(),
        initrd: plan.image.initramfs(tier).to_owned(),
        kernel_words: kernel_words::of(tier, plan.ratio(tier), nonce, &more),
        console: match nested {
            true => format!("file,path={GUEST_CONSOLE}"),
            false => qemu::file(&files.console),
        },
        monitor: match nested {
            true => {
                let chardev = format!("pipe,id=monitor,path={GUEST_MONITOR}");
                words(&["-chardev", &chardev, "-mon", "chardev=monitor,mode=control"])
            }
            false => qemu::monitor(&folder.join(sockets::MONITOR)),
        },
        debug_port: plan.asked.preempt.map(|_| match nested {
            true => qemu::socket(Path::new(L1_PREEMPT_SOCKET)),
            false => qemu::socket(&folder.join(sockets::PREEMPT)),
        }),
        ports: vec![Port {
            id: PORT_ID,
            name: wire::PORT,
            chardev: match nested {
                true => pipe(GUEST_PORT),
                false => qemu::socket(&folder.join(sockets::GUEST)),
            },
        }],
    }
}

/// The emulated AMD machine whose KVM runs the guest.
fn l1(plan: &Plan, folder: &Path, nonce: &str) -> Machine {
    let socket = |name| qemu::socket(&folder.join(name));
    let port = |id, name, chardev| Port { id, name, chardev };
    Machine {
        accelerator: "tcg,thread=multi",
        cpu_model: "max".into(),
        vcpus: plan.emulated_cpus,
        memory_mib: plan.asked.memory.saturating_add(L1_EXTRA_MIB),
        kernel: plan.image.kernel(Tier::Tcg).to_owned(),
        initrd: plan.image.l1.clone(),
        kernel_words: kernel_words::of(Tier::Tcg, plan.l1_ratio(), nonce, &[]),
        console: qemu::file(&plan.files(folder).l1_console),
        monitor: qemu::monitor(&folder.join(sockets::MONITOR)),
        debug_port: None,
        ports: vec![
            port("l1", wire::PORT, socket(sockets::L1)),
            port("guest", "slowpath.guest", socket(sockets::GUEST)),
            port(
                "monitor",
                "slowpath.monitor",
                socket(sockets::GUEST_MONITOR),
            ),
            port(
                "output",
                "slowpath.console",
                qemu::file(&plan.files(folder).console),
            ),
        ],
    }
}

/// What L1's first process is to run: `l1`, which runs the guest's QEMU.
pub fn l1_command(plan: &Plan, guest_line: &[String]) -> Result<Vec<String>> {
    let orders = Orders {
        vcpus: plan.vcpus,
        ports: words(&[GUEST_PORT, GUEST_MONITOR, GUEST_CONSOLE]),
        hog: plan.asked.hog.as_ref().map(CpuList::to_string),
        preempt: plan.asked.preempt.map(|_| L1_PREEMPT_SOCKET.into()),
    };
    let mut command = words(&["l1"]);
    command.push(serde_json::to_string(&orders)?);
    command.extend_from_slice(guest_line);
    Ok(command)
}

#[cfg(test)]
#[path = "machines_tests.rs"]
mod tests;
