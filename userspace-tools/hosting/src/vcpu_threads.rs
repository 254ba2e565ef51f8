// SPDX-License-Identifier: GPL-2.0

//! vCPU threads of a QEMU process.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

/// One vCPU, as QMP's `query-cpus-fast` reports it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct VcpuThread {
    /// Its number in the guest.
    pub cpu_index: usize,
    /// The thread that runs it.
    pub thread_id: i32,
}

/// The vCPU threads that run so far, by the names that `-name …,debug-threads=on` gives them: `CPU 3/KVM`.
pub fn find_vcpus(qemu: u32) -> Result<Vec<VcpuThread>> {
    let folder = format!("/proc/{qemu}/task");
    let mut vcpus = Vec::new();
    for entry in fs::read_dir(&folder).context(folder)?.flatten() {
        // A thread may have ended since.
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        let thread_id = entry.file_name().to_string_lossy().parse();
        if let (Some(cpu_index), Ok(thread_id)) = (vcpu_of(&name), thread_id) {
            vcpus.push(VcpuThread {
                cpu_index,
                thread_id,
            });
        }
    }
    vcpus.sort_by_key(|vcpu| vcpu.cpu_index);
    Ok(vcpus)
}

fn vcpu_of(comm: &str) -> Option<usize> {
    comm.strip_prefix("CPU ")?.split_once('/')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vcpu_threads_are_recognised_by_name() {
        assert_eq!(vcpu_of("CPU 0/KVM\n"), Some(0));
        assert_eq!(vcpu_of("CPU 117/TCG\n"), Some(117));
        for other in ["qemu-system-x86\n", "CPU /KVM\n", "CPU 1\n", "worker\n", ""] {
            assert_eq!(vcpu_of(other), None, "{other}");
        }
    }

    #[test]
    fn process_without_vcpus_has_none() {
        assert_eq!(find_vcpus(std::process::id()).expect("our own threads"), []);
        assert!(find_vcpus(u32::MAX).is_err());
    }
}
