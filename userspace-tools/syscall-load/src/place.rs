// SPDX-License-Identifier: GPL-2.0

//! CPUs for workers.

use anyhow::{Context, Result};
use rustix::thread::{sched_getaffinity, sched_setaffinity, CpuSet};

/// The CPUs that this process may use, in order.
pub fn cpus() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None).context("sched_getaffinity")?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|&cpu| set.is_set(cpu))
        .collect())
}

/// Binds the calling thread to the CPU of `worker`: the first one for the first, and around.
pub fn bind(worker: u32, cpus: &[usize]) -> Result<()> {
    let cpu = *cpus
        .get(worker as usize % cpus.len().max(1))
        .context("no CPU to run on")?;
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set).with_context(|| format!("cannot bind to CPU {cpu}"))
}
