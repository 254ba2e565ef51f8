// SPDX-License-Identifier: GPL-2.0

//! Plan of a run: the options of the command line, checked and completed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, Context, Result};
use cpu_list::CpuList;
use vm_record::{
    CostsName, GuestSize, Hypervisor, Mode, Numa, Tier, TierChoice, OF_SIM, SIM_BOOTS_NOTHING,
};

use crate::cli::RunOptions;
use crate::image::Image;

pub struct Plan {
    pub vcpus: usize,
    pub cpus: CpuList,
    pub emulated_cpus: usize,
    pub image: Image,
    pub options: RunOptions,
}

pub struct Files {
    pub console: PathBuf,
    /// Output of the QEMU on this host.
    pub qemu_log: PathBuf,
    pub l1_console: PathBuf,
    /// Output of the guest's QEMU in L1.
    pub guest_qemu_log: PathBuf,
}

impl Plan {
    /// Completes the options with what the host has.
    pub fn new(options: RunOptions) -> Result<Plan> {
        refuse_what_tier_lacks(&options)?;
        let is_simulated = options.tier == TierChoice::Sim;
        let image = vm_record::image_directory(options.tier, options.image.as_deref());
        let cpus = match &options.cpus {
            Some(cpus) => cpus.clone(),
            // A result of the simulator depends on no host.
            None if is_simulated => CpuList::first(SIMULATED_CPUS),
            None => CpuList::allowed()?,
        };
        let default = match options.mode {
            Some(Mode::Single) => 1,
            _ => 2,
        };
        let vcpus = options.vcpus.or(options.ratio.is_none().then_some(default));
        let emulates = options.tier.emulates_cpus();
        let available = match emulates {
            true => options.emulated_cpus,
            false => cpus.count() as u32,
        };
        let most = options.tier.max_vcpus();
        let size = GuestSize::new(vcpus, options.ratio, available, most).map_err(|error| {
            anyhow!("cannot size the guest: {error}. Try: --ratio without --vcpus")
        })?;
        let (memory, least) = (options.memory, size.min_memory_mib());
        if memory < least && !is_simulated {
            bail!(
                "cannot boot {} vCPUs with {memory} MiB of memory (allowed: {least} or more). Try: \
                 --memory {least}",
                size.vcpus
            );
        }
        if let Some(numa) = options.numa {
            check_numa(numa, &options, size)?;
        }
        let (cpus, emulated_cpus) = match emulates {
            true => (cpus, size.cpus),
            false => {
                let count = options.tier == TierChoice::Count;
                let threads = if count { 1 } else { size.cpus as usize };
                (cpus.take(threads), options.emulated_cpus)
            }
        };
        Ok(Plan {
            vcpus: size.vcpus as usize,
            cpus,
            emulated_cpus: emulated_cpus as usize,
            image: Image::at(&image),
            options,
        })
    }

    pub fn check(&self) -> Result<()> {
        let hog = self.options.hog.as_ref();
        if self.options.tier == TierChoice::Sim {
            let missing = hog.and_then(|hog| hog.missing_in(&self.cpus));
            if let Some(cpu) = missing {
                bail!("--hog: CPU {cpu} is not simulated; allowed: {}", self.cpus);
            }
            return self.open_stdin().map(|_| ());
        }
        let allowed = CpuList::allowed()?;
        if let Some(cpu) = self.cpus.missing_in(&allowed) {
            bail!(
                "--cpus {}: CPU {cpu} is not usable here; allowed: {allowed}",
                self.cpus
            );
        }
        let emulated = CpuList::first(self.emulated_cpus);
        let (hog_cpus, kind) = match self.options.tier {
            tier if tier.emulates_cpus() => (&emulated, "emulated"),
            _ => (&allowed, "usable here"),
        };
        if let Some(cpu) = hog.and_then(|hog| hog.missing_in(hog_cpus)) {
            bail!("--hog: CPU {cpu} is not {kind}; allowed: {hog_cpus}");
        }
        if let (Some(slice_us), false) = (
            self.options.slice_us,
            self.options.tier == TierChoice::Nested,
        ) {
            hosting::check_slice(slice_us)?;
        }
        self.open_stdin()?;
        self.image.check(self.options.tier)
    }

    pub fn check_mode(&self, tier: Tier) -> Result<()> {
        let mode = self.options.mode;
        let hypervisor = self.options.hypervisor;
        let checked = mode.map_or(Ok(()), |mode| mode.check(tier, hypervisor, self.vcpus));
        checked.map_err(anyhow::Error::msg)
    }

    /// The hypervisor that the guest sees on this tier.
    pub fn hypervisor(&self, tier: Tier) -> Option<Hypervisor> {
        Hypervisor::seen(tier, self.options.hypervisor)
    }

    /// The mode that the guest boots in: the one asked for, but for tests of a mismatch.
    pub fn booted_mode(&self) -> Option<Mode> {
        self.options.boot_mode.or(self.options.mode)
    }

    /// The guest's vCPUs per CPU that runs them.
    pub fn ratio(&self, tier: Tier) -> f64 {
        let cpus = match tier {
            Tier::Nested | Tier::Xen => self.emulated_cpus,
            Tier::Kvm | Tier::Tcg | Tier::Sim => self.cpus.count(),
            // All vCPUs share one thread.
            Tier::Count => 1,
        };
        self.vcpus as f64 / cpus as f64
    }

    pub fn l1_ratio(&self) -> f64 {
        self.emulated_cpus as f64 / self.cpus.count() as f64
    }

    /// The files of an attempt: kept if there is a record.
    pub fn files(&self, private: &Path) -> Files {
        let folder = self.options.record.as_deref().unwrap_or(private);
        Files {
            console: folder.join("console.log"),
            qemu_log: folder.join("qemu.log"),
            l1_console: folder.join("l1.log"),
            guest_qemu_log: folder.join("guest-qemu.log"),
        }
    }

    /// Whether the command's output waits until the outcome is known.
    pub fn holds_output(&self, tier: Tier) -> bool {
        tier == Tier::Nested && !self.options.live
    }

    /// The command's standard input, from its start: a retry reads it again, which only a file allows.
    pub fn open_stdin(&self) -> Result<Option<File>> {
        let Some(path) = &self.options.stdin else {
            return Ok(None);
        };
        let what = || format!("cannot read --stdin {}", path.display());
        let kind = fs::metadata(path).with_context(what)?.file_type();
        if !kind.is_file() {
            let kind = match kind {
                kind if kind.is_dir() => "directory",
                kind if kind.is_fifo() => "FIFO",
                kind if kind.is_socket() => "socket",
                _ => "device",
            };
            bail!(
                "{}: it is a {kind} (allowed: a regular file). Try: write the input to a file first",
                what()
            );
        }
        File::open(path).map(Some).with_context(what)
    }

    /// Tier, size and boot time of the guest, as its command starts.
    pub fn started_line(&self, tier: Tier, ms: u64) -> String {
        let cpus = &self.cpus;
        let place = match (tier, self.emulated_cpus) {
            (Tier::Nested | Tier::Xen, 1) => format!("1 emulated CPU on CPUs {cpus}"),
            (Tier::Nested | Tier::Xen, n) => format!("{n} emulated CPUs on CPUs {cpus}"),
            (Tier::Kvm | Tier::Tcg, _) => format!("CPUs {cpus}"),
            (Tier::Sim, _) => format!("simulated CPUs {cpus}"),
            (Tier::Count, _) => format!("one thread on CPU {cpus}, 1 ns being 1 instruction"),
        };
        let beside = self.hypervisor(tier).and_then(|one| one.beside(tier));
        let beside = beside.map_or_else(String::new, |text| format!(" ({text})"));
        let nodes = match self.options.numa {
            Some(numa) => format!(" of {} NUMA nodes", numa.nodes),
            None => String::new(),
        };
        format!(
            "{}{beside}: {} vCPUs{nodes} on {place} ({:.1}x), first command {:.1} s after QEMU's start",
            tier.name(),
            self.vcpus,
            self.ratio(tier),
            ms as f64 / 1000.0
        )
    }

    pub fn info(&self, line: &str) {
        if !self.options.quiet {
            warn(line);
        }
    }
}

/// Refuses NUMA nodes that the guest cannot be split into.
fn check_numa(numa: Numa, options: &RunOptions, size: GuestSize) -> Result<()> {
    if options.tier != TierChoice::Sim {
        let split = numa.check(size.vcpus, options.memory);
        return split.map_err(|why| anyhow!("cannot use --numa {numa}: {why}"));
    }
    if numa.to_string() != numa.nodes.to_string() {
        bail!(
            "cannot use --numa {numa}: --costs state the distance, and simulated memory has no node (--tier sim; \
             allowed: a number of nodes). Try: --numa {}",
            numa.nodes
        );
    }
    let cpus = size.cpus;
    if cpus % numa.nodes != 0 {
        bail!(
            "cannot use --numa {numa}: each node is a socket of equal size ({cpus} CPUs; allowed: multiples of \
             {numa}). Try: --cpus 0-{}",
            numa.nodes * cpus.div_ceil(numa.nodes) - 1
        );
    }
    Ok(())
}

/// CPUs of a simulated host, unless the command line names them.
const SIMULATED_CPUS: usize = 2;

/// Refuses options that have no meaning in the tier.
fn refuse_what_tier_lacks(options: &RunOptions) -> Result<()> {
    let given = |option| match option {
        "ratio" => options.ratio.is_some(),
        "hog" => options.hog.is_some(),
        "preempt" => options.preempt.is_some(),
        "slice-us" => options.slice_us.is_some(),
        "numa" => options.numa.is_some(),
        "kernel-arg" => !options.kernel_arg.is_empty(),
        "image" => options.image.is_some() || options.no_modules || !options.module.is_empty(),
        "seed" => options.seed.is_some(),
        "costs" => options.costs.is_some(),
        "policy" => options.policy.is_some(),
        "pause-loop-ns" => options.pause_loop_ns.is_some(),
        "pause-loop-grow" => options.pause_loop_grow.is_some(),
        "halt-poll-ns" => options.halt_poll_ns.is_some(),
        "kick-yields" => options.kick_yields.is_some(),
        _ => options.guests.is_some() || options.barrier.is_some(),
    };
    let is_simulated = options.tier == TierChoice::Sim;
    let tier = match options.tier {
        TierChoice::Auto => "auto",
        tier => tier.tiers().first().map_or("", |tier| tier.name()),
    };
    let boots_nothing = is_simulated.then_some(&SIM_BOOTS_NOTHING);
    let refused = options.tier.refuses().iter().chain(boots_nothing);
    if let Some((option, why, next)) = refused.into_iter().find(|(option, ..)| given(option)) {
        bail!("cannot use --{option}: {why} (--tier {tier}). Try: --{next}")
    }
    if options.hypervisor.is_some() && options.tier != TierChoice::Nested {
        bail!("cannot use --hypervisor: only KVM in the L1 hypervisor emulates another (--tier {tier}). Try: --tier nested")
    }
    if let Some(option) = OF_SIM.iter().find(|option| !is_simulated && given(option)) {
        bail!("cannot use --{option}: nothing is simulated (--tier {tier}). Try: --tier sim")
    }
    match options.costs.as_deref().map(CostsName::of) {
        Some(Err(why)) => bail!("cannot use --costs: {why}"),
        _ => Ok(()),
    }
}

pub fn warn(line: &str) {
    say(&format!("vm: {line}"));
}

/// Prints a line to standard error; a terminal that was closed does not end the run.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
