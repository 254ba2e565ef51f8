// SPDX-License-Identifier: GPL-2.0

//! QEMU command line of one virtual machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{ensure, Context, Result};
use cpu_list::CpuList;
use vm_record::{Numa, NumaNode};

const PROGRAM: &str = "qemu-system-x86_64";

/// QMP's name for the guest's port.
pub const PORT_ID: &str = "control";

/// An option of QEMU and its value.
type QemuOption = (&'static str, String);

/// One instruction is 1 ns of every clock of the machine; while all vCPUs halt, the next timer is due at once.
pub const INSTRUCTIONS_AS_CLOCK: [(&str, &str); 2] =
    [("-icount", "shift=0,sleep=off"), ("-rtc", "clock=vm")];

pub struct Machine {
    pub accelerator: &'static str,
    /// Options of its clock, if that is not the host's.
    pub clock: Option<[(&'static str, &'static str); 2]>,
    pub cpu_model: String,
    pub vcpus: usize,
    pub memory_mib: u32,
    pub numa: Option<Numa>,
    pub boot: Boot,
    /// The backend of its console, as a chardev without its id.
    pub console: String,
    pub monitor: Vec<QemuOption>,
    /// The backend of port 0xe9.
    pub debug_port: Option<String>,
    /// Its virtio-serial ports; the first is the one of its first process.
    pub ports: Vec<Port>,
}

/// What QEMU loads.
pub enum Boot {
    Kernel {
        kernel: PathBuf,
        initramfs: PathBuf,
        words: Vec<String>,
    },
    /// Xen, which takes the kernel of its first domain and that one's initramfs as modules.
    Xen {
        xen: PathBuf,
        xen_words: Vec<String>,
        kernel: PathBuf,
        initramfs: PathBuf,
        words: Vec<String>,
    },
}

impl Boot {
    fn options(&self) -> [QemuOption; 3] {
        let path = |path: &Path| path.display().to_string();
        let (image, modules, words) = match self {
            Self::Kernel {
                kernel,
                initramfs,
                words,
            } => (kernel, path(initramfs), words),
            Self::Xen {
                xen,
                xen_words,
                kernel,
                initramfs,
                words,
            } => {
                // A list, in which a comma is written twice.
                let words = words.join(" ").replace(',', ",,");
                let modules = format!("{} {words},{}", value(kernel), value(initramfs));
                (xen, modules, xen_words)
            }
        };
        [
            ("-kernel", path(image)),
            ("-initrd", modules),
            ("-append", words.join(" ")),
        ]
    }
}

pub struct Port {
    /// QEMU's name of it.
    pub id: &'static str,
    /// The machine's name of it.
    pub name: &'static str,
    /// Its backend, as a chardev without its id.
    pub backend: String,
}

impl Machine {
    pub fn line(&self) -> Vec<String> {
        let mut options = vec![
            ("-name", "slowpath,debug-threads=on".into()),
            ("-machine", "q35".into()),
            ("-accel", self.accelerator.into()),
            ("-cpu", self.cpu_model.clone()),
            ("-smp", self.smp()),
            ("-m", self.memory_mib.to_string()),
            ("-display", "none".into()),
        ];
        options.extend(self.numa.into_iter().flat_map(|numa| self.nodes(numa)));
        options.extend(self.boot.options());
        options.push(("-chardev", chardev("console", &self.console)));
        options.push(("-serial", "chardev:console".into()));
        let clock = self.clock.into_iter().flatten();
        options.extend(clock.map(|(name, value)| (name, value.to_owned())));
        options.extend_from_slice(&self.monitor);
        if let Some(backend) = &self.debug_port {
            let device = "isa-debugcon,iobase=0xe9,chardev=preempt";
            options.push(("-chardev", chardev("preempt", backend)));
            options.push(("-device", device.into()));
        }
        for Port { id, backend, .. } in &self.ports {
            options.push(("-chardev", chardev(id, backend)));
        }
        options.push(("-device", "virtio-serial-pci".into()));
        for Port { id, name, .. } in &self.ports {
            let port = format!("virtserialport,chardev={id},id={id},name={name}");
            options.push(("-device", port));
        }
        let mut line = words(&[PROGRAM, "-nodefaults", "-no-user-config", "-no-reboot"]);
        let options = options.into_iter();
        line.extend(options.flat_map(|(name, value)| [name.into(), value]));
        line
    }
}

impl Machine {
    /// A socket for each NUMA node: Linux warns of a cache that two nodes share.
    fn smp(&self) -> String {
        match self.numa {
            None => self.vcpus.to_string(),
            Some(numa) => format!("{},sockets={}", self.vcpus, numa.nodes),
        }
    }

    fn nodes(&self, numa: Numa) -> Vec<QemuOption> {
        let mut options = Vec::new();
        let nodes = numa.split(self.vcpus as u32, self.memory_mib);
        for (id, NumaNode { vcpus, memory_mib }) in nodes.iter().enumerate() {
            let mut node = format!("node,nodeid={id},cpus={}-{}", vcpus.start(), vcpus.end());
            if *memory_mib > 0 {
                let memory = format!("memory-backend-ram,id=node{id},size={memory_mib}M");
                options.push(("-object", memory));
                node += &format!(",memdev=node{id}");
            }
            options.push(("-numa", node));
        }
        // Distances that are not stated are Linux's.
        let pairs =
            (0..numa.nodes).flat_map(|src| (src + 1..numa.nodes).map(move |dst| (src, dst)));
        let stated = pairs.filter(|_| numa.distance != Numa::DISTANCE);
        options.extend(stated.map(|(src, dst)| {
            let distance = format!("dist,src={src},dst={dst},val={}", numa.distance);
            ("-numa", distance)
        }));
        options
    }
}

/// `kind,options` with its id in between.
fn chardev(id: &str, backend: &str) -> String {
    let (kind, options) = backend.split_once(',').unwrap_or((backend, ""));
    format!("{kind},id={id},{options}")
}

/// A socket that `vm` listens at and QEMU connects to: there is no polling, and nothing is missed.
pub fn socket(path: &Path) -> String {
    format!("socket,path={},server=off", value(path))
}

pub fn monitor(path: &Path) -> Vec<QemuOption> {
    vec![("-qmp", format!("unix:{},server=off", value(path)))]
}

/// A QMP monitor at a device that is opened like a pipe.
pub fn pipe_monitor(path: &str) -> Vec<QemuOption> {
    vec![
        ("-chardev", format!("pipe,id=monitor,path={path}")),
        ("-mon", "chardev=monitor,mode=control".into()),
    ]
}

pub fn file(path: &Path) -> String {
    format!("file,path={}", value(path))
}

/// A QEMU of this host: `taskset` keeps every thread on the list from its start, `setpriv` has the kernel
/// kill QEMU when `vm` ends, however it ends.
pub fn on_this_host(line: Vec<String>, cpus: &CpuList) -> Vec<String> {
    let mut whole = words(&["taskset", "-c", &cpus.to_string()]);
    whole.extend(words(&["setpriv", "--pdeathsig", "KILL"]));
    whole.extend(line);
    whole
}

pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A path within a QEMU option, where a comma is written twice.
fn value(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

/// QEMU's version, in short: `11.1.3 (Debian …)`.
pub fn qemu_version() -> Result<String> {
    let output = Command::new(PROGRAM).arg("--version").output();
    let output = output.with_context(|| {
        format!("cannot run {PROGRAM}, which is part of the toolbox. Try: scripts/toolbox vm run …")
    })?;
    let (status, text) = (output.status, String::from_utf8_lossy(&output.stdout));
    ensure!(status.success(), "{PROGRAM} --version: {status}");
    let line = text.lines().next().unwrap_or_default();
    let version = line.trim_start_matches("QEMU emulator version ");
    Ok(version.trim().to_owned())
}
