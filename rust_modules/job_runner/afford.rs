// SPDX-License-Identifier: GPL-2.0

//! What a run needs that the machine may not have: memory, and vCPUs.

use abi::{
    job_runner::{
        Config,
        Cpus,
        JobFunction,
        Switch, //
    },
    Limits, //
};
use job::Mark;
use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};
use rig::{
    may_run_on,
    online_vcpus,
    Descriptor,
    HugePage,
    Refused, //
};

/// Chunks that each worker may record.
pub(crate) const TRACE: u32 = 4096;

/// Refuses a job whose memory the machine cannot spare: the kernel would kill others to get it.
pub(crate) fn memory(config: &Config, limits: &Limits) -> Result<(), Refused> {
    let each = match config.job {
        JobFunction::Spin | JobFunction::Uneven | JobFunction::Fault => 0,
        JobFunction::ClearPages | JobFunction::Checksum | JobFunction::Sum => PAGE_SIZE,
        JobFunction::ClearHuge => HugePage::BYTES,
        JobFunction::PageInit => size_of::<Descriptor>(),
    };
    // Two bytes are to hold it against the oracle.
    let work = config.size.saturating_mul(each as u64 + 2);
    let trace = match config.trace {
        Switch::On => u64::from(TRACE) * (size_of::<Mark>() as u64 + 128),
        Switch::Off => 0,
    };
    let workers = u64::from(config.max_threads).saturating_mul(config.callers.into());
    let needed = work.saturating_add(trace.saturating_mul(workers));
    // A quarter stays with everyone else.
    let spare = limits.bytes / 4 * 3;
    match needed <= spare {
        true => Ok(()),
        false => Err(Refused::new(
            ENOMEM,
            format_args!(
                "`size={}` needs {} MiB; {} MiB can be spared",
                config.size,
                needed >> 20,
                spare >> 20
            ),
        )),
    }
}

/// Returns the vCPUs that workers may use: those of the calling task, by its affinity and its
/// cpuset, that the settings name.
pub(crate) fn vcpus(config: &Config, limits: &Limits) -> Result<Cpus, Refused> {
    if config.max_threads.max(config.callers) > limits.vcpus {
        return Err(Refused::new(
            ERANGE,
            format_args!(
                "{} threads, but {} vCPUs are online",
                config.max_threads.max(config.callers),
                limits.vcpus
            ),
        ));
    }
    if config.cpus == Cpus::ALL && online_vcpus().all(may_run_on) {
        return Ok(Cpus::ALL);
    }
    let allowed = |vcpu: &u32| config.cpus.has(*vcpu) && may_run_on(*vcpu);
    let cpus = online_vcpus().filter(allowed).fold(Cpus::NONE, Cpus::with);
    match cpus {
        Cpus::NONE => Err(Refused::new(
            ERANGE,
            format_args!(
                "`cpus={}`: none of them is online and allowed to the writer, by its affinity and \
                 cpuset",
                config.cpus
            ),
        )),
        cpus => Ok(cpus),
    }
}
