// SPDX-License-Identifier: GPL-2.0

//! The threads of a QEMU that are its vCPUs.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

/// One vCPU, as QMP's `query-cpus-fast` tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Vcpu {
    /// Its number in the guest.
    pub cpu_index: usize,
    /// The thread that runs it.
    pub thread_id: i32,
}

/// Those that run so far, by the names that `-name …,debug-threads=on` gives them: `CPU 3/KVM`.
pub fn find(qemu: u32) -> Result<Vec<Vcpu>> {
    let folder = format!("/proc/{qemu}/task");
    let mut vcpus = Vec::new();
    for entry in fs::read_dir(&folder).context(folder)?.flatten() {
        // A thread may have ended since.
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        let thread_id = entry.file_name().to_string_lossy().parse();
        if let (Some(cpu_index), Ok(thread_id)) = (number(&name), thread_id) {
            vcpus.push(Vcpu {
                cpu_index,
                thread_id,
            });
        }
    }
    vcpus.sort_by_key(|vcpu| vcpu.cpu_index);
    Ok(vcpus)
}

fn number(comm: &str) -> Option<usize> {
    comm.strip_prefix("CPU ")?.split_once('/')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_vcpu_threads_are_told_from_others() {
        assert_eq!(number("CPU 0/KVM\n"), Some(0));
        assert_eq!(number("CPU 117/TCG\n"), Some(117));
        for other in ["qemu-system-x86\n", "CPU /KVM\n", "CPU 1\n", "worker\n", ""] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn a_process_without_vcpus_has_none() {
        assert_eq!(find(std::process::id()).expect("our own threads"), []);
        assert!(find(u32::MAX).is_err());
    }
}
