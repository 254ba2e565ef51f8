// SPDX-License-Identifier: GPL-2.0

//! What a run is to do: the command line's wishes, checked and completed.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{bail, Context, Result};
use wire::{Job, Modules};

use crate::cli;
use crate::cpu_list::CpuList;
use crate::image::Image;
use crate::qemu::Machine;
use crate::tier::{Choice, Tier};

/// A checked plan.
pub struct Plan {
    /// How many vCPUs.
    pub vcpus: usize,
    /// On which host CPUs.
    pub cpus: CpuList,
    /// What to boot.
    pub image: Image,
    /// All that was asked for.
    pub asked: cli::Run,
}

/// The files of one attempt.
pub struct Files {
    /// The guest's console.
    pub console: PathBuf,
    /// QEMU's own output.
    pub qemu_log: PathBuf,
}

/// How long things may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From QEMU's start to the hello.
    pub hello: Duration,
    /// Without a heartbeat.
    pub silence: Duration,
    /// From the exit status to the end of QEMU.
    pub power_off: Duration,
    /// From a broken channel to the end of QEMU.
    pub grace: Duration,
    /// From an oops to the end of the command.
    pub after_oops: Duration,
    /// The command itself.
    pub command: Duration,
}

impl Plan {
    /// Completes what was asked for with what is there.
    pub fn new(asked: cli::Run) -> Result<Plan> {
        let image = asked
            .image
            .clone()
            .or_else(|| std::env::var_os("SLOWPATH_IMAGE").map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from("build/image"));
        let cpus = match &asked.cpus {
            Some(cpus) => cpus.clone(),
            None => CpuList::allowed()?,
        };
        Ok(Plan {
            vcpus: asked.vcpus as usize,
            cpus,
            image: Image::at(&image),
            asked,
        })
    }

    /// Refuses what this host cannot do.
    pub fn check(&self) -> Result<()> {
        let allowed = CpuList::allowed()?;
        if let Some(cpu) = self.cpus.missing_in(&allowed) {
            bail!(
                "--cpus {}: CPU {cpu} is not usable here; allowed: {allowed}",
                self.cpus
            );
        }
        if let Some(path) = &self.asked.stdin {
            File::open(path).with_context(|| format!("--stdin {}", path.display()))?;
        }
        self.image.check()
    }

    /// The guest on this tier.
    pub fn machine<'a>(
        &'a self,
        tier: Tier,
        sockets: &'a Path,
        console: &'a Path,
        nonce: &'a str,
    ) -> Machine<'a> {
        Machine {
            tier,
            vcpus: self.vcpus,
            cpus: &self.cpus,
            memory_mib: self.asked.memory,
            image: &self.image,
            sockets,
            console,
            nonce,
            kernel_words: &self.asked.kernel_arg,
        }
    }

    /// vCPUs per host CPU.
    pub fn ratio(&self) -> f64 {
        self.vcpus as f64 / self.cpus.len() as f64
    }

    /// The files of an attempt: kept when a record is wanted.
    pub fn files(&self, private: &Path) -> Files {
        let folder = self.asked.record.as_deref().unwrap_or(private);
        Files {
            console: folder.join("console.log"),
            qemu_log: folder.join("qemu.log"),
        }
    }

    /// What the guest is told.
    pub fn job(&self, nonce: &str) -> Job {
        let modules = match (&self.asked.no_modules, self.asked.module.as_slice()) {
            (false, []) => Modules::All,
            (_, names) => Modules::Only(names.to_vec()),
        };
        Job {
            nonce: nonce.to_owned(),
            argv: self.asked.command.clone(),
            env: Vec::new(),
            modules,
            stdin: self.asked.stdin.is_some(),
        }
    }

    /// The command's standard input, from its start.
    pub fn open_stdin(&self) -> Result<Option<File>> {
        let Some(path) = &self.asked.stdin else {
            return Ok(None);
        };
        File::open(path)
            .map(Some)
            .with_context(|| format!("--stdin {}", path.display()))
    }

    /// Limits grow with the overcommit ratio, and with what else the host has to do: each vCPU
    /// gets that much less of a CPU.
    pub fn limits(&self, tier: Tier) -> Limits {
        let patience = ((self.vcpus as f64 + load()) / self.cpus.len() as f64).max(1.0);
        let scaled = |seconds: u64| Duration::from_secs(seconds).mul_f64(patience);
        let whole = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        // A KVM that works boots in a second or two; one on probation need not be waited for.
        let probation = tier == Tier::Kvm && self.asked.tier == Choice::Auto;
        Limits {
            hello: whole(self.asked.boot_limit).unwrap_or(scaled(if probation { 8 } else { 20 })),
            silence: whole(self.asked.silence_limit).unwrap_or(scaled(15)),
            power_off: scaled(10),
            grace: scaled(2),
            after_oops: scaled(10),
            command: Duration::from_secs(self.asked.timeout),
        }
    }

    /// The line that says how the guest runs, as its command starts.
    pub fn started_line(&self, tier: Tier, ms: u64) -> String {
        format!(
            "{}: {} vCPUs on CPUs {} ({:.1}x), first command {:.1} s after QEMU's start",
            tier.name(),
            self.vcpus,
            self.cpus,
            self.ratio(),
            ms as f64 / 1000.0
        )
    }

    /// Tells how it goes, unless asked to be quiet.
    pub fn say(&self, line: &str) {
        if !self.asked.quiet {
            self.complain(line);
        }
    }

    /// Tells what went wrong.
    pub fn complain(&self, line: &str) {
        eprintln!("vm: {line}");
    }
}

/// A word that no other run has.
pub fn nonce() -> Result<String> {
    let mut bytes = [0; 8];
    let source = "/dev/urandom";
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context(source)?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}

/// How many threads wanted a CPU of this host in the last minute.
fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(0.0)
}
