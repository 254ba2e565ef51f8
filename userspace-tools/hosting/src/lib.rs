// SPDX-License-Identifier: GPL-2.0

//! Host side of a guest's vCPU threads: placement on CPUs, scheduler slice, CPU time, injected preemptions, CPU hogs.
//!
//! `vm` hosts the guests of the tiers `kvm` and `tcg`. In the tier `nested`, `l1` hosts the guest inside
//! the L1 hypervisor and reports to `vm` in lines of JSON, a [`vm_record::VcpuReport`] each.

mod hog;
mod host;
mod pause_loop;
mod pinned;
mod preempt;
mod slice;
mod vcpu_threads;

use hog::Hogs;
pub use host::{GuestHost, L1Orders};
pub use pause_loop::pause_loops;
pub use pinned::{pin, placements, PinnedVcpu};
use preempt::Preempter;
pub use preempt::{PORT_EXIT_DELAY, PORT_EXIT_DELAY_EMULATED};
pub use slice::{check_slice, set_slices, slice};
pub use vcpu_threads::{find_vcpus, VcpuThread};

/// Line from `vm` to `l1` before the command starts; the answer is another report, when hogs and accounting run.
pub const COMMAND_STARTS: &str = "starts";
/// Line from `vm` to `l1` when the command has ended; the answer is another report.
pub const COMMAND_ENDED: &str = "ended";
