// SPDX-License-Identifier: GPL-2.0

//! QEMU's command line: a pure function of what is asked for, so that tests can pin it.

use std::path::Path;
use std::process::Command;

use anyhow::{ensure, Context, Result};

use crate::cpu_list::CpuList;
use crate::image::Image;
use crate::tier::Tier;

/// The emulator's name.
pub const PROGRAM: &str = "qemu-system-x86_64";

/// QMP's name for our port.
pub const PORT_ID: &str = "control";

/// One guest.
pub struct Machine<'a> {
    /// What executes it.
    pub tier: Tier,
    /// How many vCPUs it has.
    pub vcpus: usize,
    /// The host CPUs for all of QEMU's threads.
    pub cpus: &'a CpuList,
    /// Its memory.
    pub memory_mib: u32,
    /// What it boots.
    pub image: &'a Image,
    /// The private folder with both sockets.
    pub sockets: &'a Path,
    /// The file that gets its console.
    pub console: &'a Path,
    /// What proves that a guest is the one of this run.
    pub nonce: &'a str,
    /// More words for the kernel's command line.
    pub kernel_words: &'a [String],
}

impl Machine<'_> {
    /// vCPUs per host CPU.
    pub fn ratio(&self) -> f64 {
        self.vcpus as f64 / self.cpus.len() as f64
    }

    /// The guest's processor.
    pub fn cpu_model(&self) -> &'static str {
        match self.tier {
            // kvm-pv-unhalt is off by default: without it no guest halts in a lock.
            Tier::Kvm => "host,+kvm-pv-unhalt",
            Tier::Tcg => "max",
        }
    }

    /// The whole command line. `taskset` keeps every thread on the list from its birth, `setpriv`
    /// has the kernel kill QEMU when `vm` dies, however it dies.
    pub fn command_line(&self) -> Vec<String> {
        let accelerator = match self.tier {
            Tier::Kvm => "kvm",
            // One thread per vCPU is the point; with thread=single there is no overcommit.
            Tier::Tcg => "tcg,thread=multi",
        };
        let mut line = words(&["taskset", "-c", &self.cpus.to_string()]);
        line.extend(words(&["setpriv", "--pdeathsig", "KILL", PROGRAM]));
        line.extend(words(&[
            "-name",
            "slowpath,debug-threads=on",
            "-machine",
            "q35",
        ]));
        line.extend(words(&["-accel", accelerator, "-cpu", self.cpu_model()]));
        line.extend(words(&[
            "-smp",
            &self.vcpus.to_string(),
            "-m",
            &self.memory_mib.to_string(),
        ]));
        line.extend(words(&[
            "-nodefaults",
            "-no-user-config",
            "-no-reboot",
            "-display",
            "none",
        ]));
        line.extend(words(&[
            "-kernel",
            &self.image.kernel(self.tier).display().to_string(),
        ]));
        line.extend(words(&[
            "-initrd",
            &self.image.initramfs.display().to_string(),
        ]));
        line.extend(words(&["-append", &self.kernel_command_line()]));
        line.extend(words(&[
            "-chardev",
            &format!("file,id=console,path={}", value(self.console)),
        ]));
        line.extend(words(&["-serial", "chardev:console"]));
        // We listen, QEMU connects: nobody polls and nothing is missed.
        line.extend(words(&[
            "-qmp",
            &format!("unix:{},server=off", self.socket("qmp")),
        ]));
        let port = format!(
            "socket,id={PORT_ID},path={},server=off",
            self.socket(PORT_ID)
        );
        line.extend(words(&["-chardev", &port]));
        line.extend(words(&["-device", "virtio-serial-pci"]));
        let port = format!(
            "virtserialport,chardev={PORT_ID},id={PORT_ID},name={}",
            wire::PORT
        );
        line.extend(words(&["-device", &port]));
        line
    }

    fn socket(&self, name: &str) -> String {
        value(&self.sockets.join(name))
    }

    fn kernel_command_line(&self) -> String {
        // An overcommitted vCPU waits its turn; the watchdogs must not take that for a lockup.
        let patience = self.ratio().ceil().max(1.0) as u32;
        let mut line = words(&["console=ttyS0", "loglevel=5", "panic=-1", "nokaslr"]);
        line.push(format!("watchdog_thresh={}", (10 * patience).min(60)));
        line.push(format!(
            "rcupdate.rcu_cpu_stall_timeout={}",
            (21 * patience).min(300)
        ));
        if self.tier == Tier::Tcg {
            // Measured to shorten the boot where every instruction is emulated. Under KVM the
            // guest stays as its distribution ships it.
            let trims = ["mitigations=off", "no_timer_check", "tsc=reliable"];
            line.extend(words(&trims));
            line.extend(words(&["random.trust_cpu=on", "rcupdate.rcu_expedited=1"]));
            // The self-tests of ciphers, and the certificates that no module here is signed by.
            line.push("cryptomgr.notests".into());
            line.push("initcall_blacklist=load_system_certificate_list".into());
            // `guest` brings the others online before it says hello.
            line.push("maxcpus=2".into());
            // Else each vCPU measures how fast it can loop, which takes a quarter of the boot's CPU
            // time and means nothing on a shared CPU. The value is that of a 2.5 GHz TSC.
            line.extend(words(&["8250.nr_uarts=1", "lpj=10000000"]));
        }
        line.push(format!("{}={}", wire::NONCE_WORD, self.nonce));
        line.extend_from_slice(self.kernel_words);
        line.join(" ")
    }
}

fn words(words: &[&str]) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn line(tier: Tier, vcpus: usize, cpus: &str) -> String {
        let machine = Machine {
            tier,
            vcpus,
            cpus: &cpus.parse().expect(cpus),
            memory_mib: 1024,
            image: &Image::at(Path::new("/nonexistent/image")),
            sockets: Path::new("/private"),
            console: Path::new("/record,1/console.log"),
            nonce: "8f00",
            kernel_words: &["nopvspin".into()],
        };
        quoted(&machine.command_line()).expect("no NUL")
    }

    #[test]
    fn the_line_for_tcg_is_this_one() {
        assert_eq!(
            line(Tier::Tcg, 8, "0-1"),
            "taskset -c 0-1 setpriv --pdeathsig KILL qemu-system-x86_64 \
             -name 'slowpath,debug-threads=on' -machine q35 -accel 'tcg,thread=multi' -cpu max \
             -smp 8 -m 1024 -nodefaults -no-user-config -no-reboot -display none \
             -kernel /nonexistent/image/vmlinux -initrd /nonexistent/image/initramfs.cpio \
             -append 'console=ttyS0 loglevel=5 panic=-1 nokaslr watchdog_thresh=40 \
             rcupdate.rcu_cpu_stall_timeout=84 mitigations=off no_timer_check tsc=reliable \
             random.trust_cpu=on rcupdate.rcu_expedited=1 cryptomgr.notests \
             initcall_blacklist=load_system_certificate_list maxcpus=2 \
             8250.nr_uarts=1 lpj=10000000 \
             slowpath.nonce=8f00 nopvspin' -chardev 'file,id=console,path=/record,,1/console.log' \
             -serial chardev:console -qmp 'unix:/private/qmp,server=off' \
             -chardev 'socket,id=control,path=/private/control,server=off' \
             -device virtio-serial-pci \
             -device 'virtserialport,chardev=control,id=control,name=slowpath.control'"
        );
    }

    #[test]
    fn the_line_for_kvm_is_this_one() {
        assert_eq!(
            line(Tier::Kvm, 2, "0-3"),
            "taskset -c 0-3 setpriv --pdeathsig KILL qemu-system-x86_64 \
             -name 'slowpath,debug-threads=on' -machine q35 -accel kvm -cpu 'host,+kvm-pv-unhalt' \
             -smp 2 -m 1024 -nodefaults -no-user-config -no-reboot -display none \
             -kernel /nonexistent/image/vmlinuz -initrd /nonexistent/image/initramfs.cpio \
             -append 'console=ttyS0 loglevel=5 panic=-1 nokaslr watchdog_thresh=10 \
             rcupdate.rcu_cpu_stall_timeout=21 slowpath.nonce=8f00 nopvspin' \
             -chardev 'file,id=console,path=/record,,1/console.log' -serial chardev:console \
             -qmp 'unix:/private/qmp,server=off' \
             -chardev 'socket,id=control,path=/private/control,server=off' \
             -device virtio-serial-pci \
             -device 'virtserialport,chardev=control,id=control,name=slowpath.control'"
        );
    }

    #[test]
    fn watchdogs_stay_within_what_the_kernel_takes() {
        let line = line(Tier::Tcg, 64, "0");
        assert!(line.contains("watchdog_thresh=60 "), "{line}");
        assert!(line.contains("rcu_cpu_stall_timeout=300 "), "{line}");
    }
}
