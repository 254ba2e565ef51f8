// SPDX-License-Identifier: GPL-2.0

//! What a run is to do: the command line's wishes, checked and completed.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{anyhow, bail, Context, Result};
use hosting::{CpuList, Host};
use vm_record::{environment, GuestSize, Mode, Tier, TierChoice};
use wire::{Job, Modules};

use crate::cli;
use crate::image::Image;
use crate::machines::{self, sockets};
use crate::mode;

/// A checked plan.
pub struct Plan {
    /// How many vCPUs.
    pub vcpus: usize,
    /// On which host CPUs.
    pub cpus: CpuList,
    /// CPUs of the L1 hypervisor.
    pub emulated_cpus: usize,
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
    /// The console of L1.
    pub l1_console: PathBuf,
    /// What the guest's QEMU says in L1.
    pub guest_qemu_log: PathBuf,
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
        let default = if asked.mode == Some(Mode::Single) {
            1
        } else {
            2
        };
        let vcpus = asked.vcpus.or(asked.ratio.is_none().then_some(default));
        let nested = asked.tier == TierChoice::Nested;
        let available = match nested {
            true => asked.emulated_cpus,
            false => cpus.count() as u32,
        };
        let size = GuestSize::new(vcpus, asked.ratio, available).map_err(|error| {
            anyhow!("cannot size the guest: {error}. Try: --ratio without --vcpus")
        })?;
        let (cpus, emulated_cpus) = match nested {
            true => (cpus, size.cpus),
            false => (cpus.take(size.cpus as usize), asked.emulated_cpus),
        };
        Ok(Plan {
            vcpus: size.vcpus as usize,
            cpus,
            emulated_cpus: emulated_cpus as usize,
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
        let emulated = CpuList::first(self.emulated_cpus);
        let (there, what) = match self.asked.tier {
            TierChoice::Nested => (&emulated, "emulated; there are"),
            _ => (&allowed, "usable here; allowed"),
        };
        let hog = self.asked.hog.as_ref();
        if let Some(cpu) = hog.and_then(|hog| hog.missing_in(there)) {
            bail!("--hog: CPU {cpu} is not {what}: {there}");
        }
        if let Some(path) = &self.asked.stdin {
            File::open(path).with_context(|| format!("--stdin {}", path.display()))?;
        }
        self.image.check(self.asked.tier)
    }

    /// Refuses a mode that this tier cannot have.
    pub fn check_mode(&self, tier: Tier) -> Result<()> {
        self.asked
            .mode
            .map_or(Ok(()), |mode| mode::check(mode, tier, self.vcpus))
    }

    /// The guest's vCPUs per CPU that runs them.
    pub fn ratio(&self, tier: Tier) -> f64 {
        let cpus = match tier {
            Tier::Nested => self.emulated_cpus,
            Tier::Kvm | Tier::Tcg => self.cpus.count(),
        };
        self.vcpus as f64 / cpus as f64
    }

    /// L1's CPUs per host CPU.
    pub fn l1_ratio(&self) -> f64 {
        self.emulated_cpus as f64 / self.cpus.count() as f64
    }

    /// The files of an attempt: kept when a record is wanted.
    pub fn files(&self, private: &Path) -> Files {
        let folder = self.asked.record.as_deref().unwrap_or(private);
        Files {
            console: folder.join("console.log"),
            qemu_log: folder.join("qemu.log"),
            l1_console: folder.join("l1.log"),
            guest_qemu_log: folder.join("guest-qemu.log"),
        }
    }

    /// Who hosts the guest's vCPU threads on this host: nobody if they are in L1.
    pub fn host(&self, tier: Tier, folder: &Path) -> Result<Host> {
        if tier == Tier::Nested {
            return Ok(Host::default());
        }
        let preempt = self.asked.preempt.map(|_| folder.join(sockets::PREEMPT));
        Host::new(
            self.asked.hog.clone(),
            preempt.as_deref(),
            hosting::LEAVE_THE_PORT,
        )
    }

    /// Whether the command's output waits until the guest has a verdict.
    pub fn holds_output(&self, tier: Tier) -> bool {
        tier == Tier::Nested && !self.asked.live
    }

    /// What the guest is told.
    pub fn job(&self, nonce: &str) -> Job {
        let modules = match (&self.asked.no_modules, self.asked.module.as_slice()) {
            (false, []) => Modules::All,
            (_, names) => Modules::Only(names.to_vec()),
        };
        let mode = self.asked.mode.map(|mode| (environment::MODE, mode.name()));
        let preempt = self
            .asked
            .preempt
            .map(|who| (environment::PREEMPT, who.name()));
        // So that a batch meets the other guests before each of its runs.
        let group = self
            .asked
            .barrier
            .as_ref()
            .map(|_| (environment::BARRIER, "1"));
        let env = mode.into_iter().chain(preempt).chain(group);
        let env = env.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let env = env.collect();
        Job {
            nonce: nonce.to_owned(),
            argv: self.asked.command.clone(),
            env,
            modules,
            stdin: self.asked.stdin.is_some(),
            barrier: self.asked.barrier.is_some(),
        }
    }

    /// What L1 is told.
    pub fn l1_job(&self, nonce: &str, guest_line: &[String]) -> Result<Job> {
        let modules = ["irqbypass", "kvm", "kvm-amd"].map(str::to_owned);
        Ok(Job {
            nonce: nonce.to_owned(),
            argv: machines::l1_command(self, guest_line)?,
            env: Vec::new(),
            modules: Modules::Only(modules.to_vec()),
            stdin: true,
            barrier: false,
        })
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
        let threads = match tier {
            Tier::Nested => self.emulated_cpus,
            Tier::Kvm | Tier::Tcg => self.vcpus,
        };
        let patience = ((threads as f64 + load()) / self.cpus.count() as f64).max(1.0);
        // Two levels of overcommit multiply.
        let (hello, patience) = match tier {
            Tier::Nested => (90.0 * patience, patience * self.ratio(tier).max(4.0)),
            Tier::Tcg => (20.0 * patience, patience),
            // A KVM that works boots in a second or two; one on probation need not be waited for.
            Tier::Kvm if self.asked.tier == TierChoice::Auto => (8.0 * patience, patience),
            Tier::Kvm => (20.0 * patience, patience),
        };
        let scaled = |seconds: u64| Duration::from_secs(seconds).mul_f64(patience);
        let whole = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        Limits {
            hello: whole(self.asked.boot_limit).unwrap_or(Duration::from_secs_f64(hello)),
            silence: whole(self.asked.silence_limit).unwrap_or(scaled(15)),
            power_off: scaled(10),
            grace: scaled(2),
            after_oops: scaled(10),
            command: Duration::from_secs(self.asked.timeout),
        }
    }

    /// The line that says how the guest runs, as its command starts.
    pub fn started_line(&self, tier: Tier, ms: u64) -> String {
        let on = match (tier, self.emulated_cpus) {
            (Tier::Nested, 1) => format!("1 emulated CPU on CPUs {}", self.cpus),
            (Tier::Nested, cpus) => format!("{cpus} emulated CPUs on CPUs {}", self.cpus),
            (Tier::Kvm | Tier::Tcg, _) => format!("CPUs {}", self.cpus),
        };
        format!(
            "{}: {} vCPUs on {on} ({:.1}x), first command {:.1} s after QEMU's start",
            tier.name(),
            self.vcpus,
            self.ratio(tier),
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
