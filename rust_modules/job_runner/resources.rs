// SPDX-License-Identifier: GPL-2.0

//! Resources of a run: memory and vCPUs, or why the machine lacks them.

use abi::{
    job_runner::{
        Config,
        JobFunction,
        Switch, //
    },
    Limits, //
};
use job::ChunkRecord;
use kernel::page::PAGE_SIZE;
use rig::{
    may_run_on,
    online_vcpus,
    prelude::*,
    Descriptor,
    HugePage,
    VcpuSet, //
};

/// Chunks that are recorded for each worker.
pub(crate) const TRACE: u32 = 4096;

/// Refuses a job that needs more memory than is available: the kernel would kill processes for it.
pub(crate) fn memory(config: &Config, limits: &Limits) -> Result<(), Refused> {
    let each = match config.job {
        JobFunction::Spin | JobFunction::Uneven | JobFunction::Fault => 0,
        JobFunction::ClearPages | JobFunction::Checksum | JobFunction::Sum => PAGE_SIZE,
        JobFunction::ClearHuge => HugePage::BYTES,
        JobFunction::PageInit => size_of::<Descriptor>(),
    };
    // The oracle needs two bytes of each index.
    let work = config.size.saturating_mul(each as u64 + 2);
    let trace = match config.trace {
        Switch::On => u64::from(TRACE) * (size_of::<ChunkRecord>() as u64 + 128),
        Switch::Off => 0,
    };
    let workers = u64::from(config.max_threads).saturating_mul(config.callers.into());
    let needed = work.saturating_add(trace.saturating_mul(workers));
    // A quarter stays free.
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

/// Returns the vCPUs that workers may use: those that the calling task may use, by its affinity and
/// its cpuset, and the settings name.
pub(crate) fn vcpus(config: &Config, limits: &Limits) -> Result<VcpuSet, Refused> {
    let wanted = config.max_threads.max(config.callers);
    if wanted > limits.vcpus {
        return Err(Refused::too_few_vcpus(wanted, limits.vcpus));
    }
    let cpus = VcpuSet::new(|vcpu| config.cpus.has(vcpu) && may_run_on(vcpu))?;
    match online_vcpus().any(|vcpu| cpus.has(vcpu)) {
        true => Ok(cpus),
        false => Err(Refused::new(
            ERANGE,
            format_args!(
                "`cpus={}`: none of them is online and allowed to the writer, by its affinity and \
                 cpuset",
                config.cpus
            ),
        )),
    }
}
