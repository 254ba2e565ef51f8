// SPDX-License-Identifier: GPL-2.0

//! Pause-loop exiting of KVM: whether a vCPU that spins on `pause` leaves the guest, so that KVM can yield
//! to another one. With it a lock that spins loses less, and a paravirt lock gains less.

use std::{fs, path::Path};

use vm_record::PauseLoops;

/// What the KVM under the guests reports; none without KVM.
pub fn pause_loops() -> Option<PauseLoops> {
    under(Path::new("/sys"))
}

fn under(sys: &Path) -> Option<PauseLoops> {
    let number = |path: &str| -> Option<u64> {
        let text = fs::read_to_string(sys.join(path)).ok()?;
        text.trim().parse().ok()
    };
    let amd = number("module/kvm_amd/parameters/pause_filter_count");
    // On Intel a gap of 0 turns it off, and the window is in cycles.
    let intel = || match number("module/kvm_intel/parameters/ple_gap")? {
        0 => Some(0),
        _ => number("module/kvm_intel/parameters/ple_window"),
    };
    Some(PauseLoops {
        threshold: amd.or_else(intel)?,
        yield_hypercalls: number("kernel/debug/kvm/directed_yield_attempted"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> Option<PauseLoops> {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, text).expect("a file");
        }
        under(root.path())
    }

    #[test]
    fn threshold_is_that_of_the_vendor_and_none_is_zero() {
        let yields = ("kernel/debug/kvm/directed_yield_attempted", "7\n");
        let amd = with(&[
            ("module/kvm_amd/parameters/pause_filter_count", "3000\n"),
            yields,
        ]);
        let amd = amd.expect("KVM");
        assert_eq!((amd.threshold, amd.yield_hypercalls), (3000, Some(7)));
        let gap = |text| ("module/kvm_intel/parameters/ple_gap", text);
        let window = ("module/kvm_intel/parameters/ple_window", "4096\n");
        let intel = |text| with(&[gap(text), window]).expect("KVM");
        assert_eq!(
            (intel("128\n").threshold, intel("0\n").threshold),
            (4096, 0)
        );
        assert_eq!(intel("0\n").yield_hypercalls, None);
        assert_eq!(with(&[]), None);
    }
}
