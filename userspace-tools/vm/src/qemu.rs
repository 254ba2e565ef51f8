// SPDX-License-Identifier: GPL-2.0

//! QEMU's command line: a pure function of what is asked for, so that tests can pin it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{ensure, Context, Result};
use hosting::CpuList;

/// The emulator's name.
pub const PROGRAM: &str = "qemu-system-x86_64";

/// QMP's name for the guest's port.
pub const PORT_ID: &str = "control";

/// One machine, as QEMU makes it.
pub struct Machine {
    /// What executes it.
    pub accelerator: &'static str,
    /// Its processor.
    pub cpu_model: String,
    /// How many vCPUs it has.
    pub vcpus: usize,
    /// Its memory.
    pub memory_mib: u32,
    /// What it boots.
    pub kernel: PathBuf,
    /// What it unpacks.
    pub initrd: PathBuf,
    /// What it tells its kernel.
    pub kernel_words: Vec<String>,
    /// What gets its console, as a chardev without its id.
    pub console: String,
    /// Its monitor.
    pub monitor: Vec<String>,
    /// The chardev that gets what is written to port 0xe9.
    pub debug_port: Option<String>,
    /// Its ports, of which the first is the one of its first process.
    pub ports: Vec<Port>,
}

/// A virtio-serial port.
pub struct Port {
    /// What QEMU calls it, on both sides.
    pub id: &'static str,
    /// What the machine calls it.
    pub name: &'static str,
    /// Where it leads, as a chardev without its id.
    pub chardev: String,
}

impl Machine {
    /// QEMU's name and arguments.
    pub fn line(&self) -> Vec<String> {
        let mut line = words(&[PROGRAM, "-name", "slowpath,debug-threads=on", "-machine"]);
        line.extend(words(&["q35", "-accel", self.accelerator, "-cpu"]));
        line.extend([
            self.cpu_model.clone(),
            "-smp".into(),
            self.vcpus.to_string(),
        ]);
        line.extend(["-m".into(), self.memory_mib.to_string()]);
        line.extend(words(&["-nodefaults", "-no-user-config", "-no-reboot"]));
        line.extend(words(&["-display", "none", "-kernel"]));
        line.extend([self.kernel.display().to_string(), "-initrd".into()]);
        line.extend([self.initrd.display().to_string(), "-append".into()]);
        line.extend([self.kernel_words.join(" "), "-chardev".into()]);
        line.push(chardev("console", &self.console));
        line.extend(words(&["-serial", "chardev:console"]));
        line.extend_from_slice(&self.monitor);
        if let Some(to) = &self.debug_port {
            line.extend(["-chardev".into(), chardev("preempt", to)]);
            line.extend(words(&[
                "-device",
                "isa-debugcon,iobase=0xe9,chardev=preempt",
            ]));
        }
        for Port {
            id, chardev: to, ..
        } in &self.ports
        {
            line.extend(["-chardev".into(), chardev(id, to)]);
        }
        line.extend(words(&["-device", "virtio-serial-pci"]));
        for Port { id, name, .. } in &self.ports {
            let port = format!("virtserialport,chardev={id},id={id},name={name}");
            line.extend(["-device".into(), port]);
        }
        line
    }
}

/// `kind,options` with its id in between.
fn chardev(id: &str, backend: &str) -> String {
    let (kind, options) = backend.split_once(',').unwrap_or((backend, ""));
    format!("{kind},id={id},{options}")
}

/// Where we listen and QEMU connects: nobody polls and nothing is missed.
pub fn socket(path: &Path) -> String {
    format!("socket,path={},server=off", value(path))
}

/// A monitor that connects to us.
pub fn monitor(path: &Path) -> Vec<String> {
    words(&["-qmp", &format!("unix:{},server=off", value(path))])
}

/// A file.
pub fn file(path: &Path) -> String {
    format!("file,path={}", value(path))
}

/// The same for a process of this host: `taskset` keeps every thread on the list from its birth,
/// `setpriv` has the kernel kill QEMU when `vm` dies, however it dies.
pub fn on_this_host(line: Vec<String>, cpus: &CpuList) -> Vec<String> {
    let mut whole = words(&["taskset", "-c", &cpus.to_string()]);
    whole.extend(words(&["setpriv", "--pdeathsig", "KILL"]));
    whole.extend(line);
    whole
}

/// Words of a command line.
pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A path within a QEMU option, where a comma is written twice.
fn value(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

/// A command line for a shell.
pub fn quoted(line: &[String]) -> Result<String> {
    shlex::try_join(line.iter().map(String::as_str)).context("a word holds a NUL")
}

/// What `--version` says, in short: `11.1.3 (Debian …)`.
pub fn version() -> Result<String> {
    let output = Command::new(PROGRAM)
        .arg("--version")
        .output()
        .with_context(|| {
            format!("cannot run {PROGRAM}; it is part of the toolbox: scripts/toolbox vm run …")
        })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{PROGRAM} --version: {}",
        output.status
    );
    let line = text.lines().next().unwrap_or_default();
    Ok(line
        .trim_start_matches("QEMU emulator version ")
        .trim()
        .to_owned())
}
