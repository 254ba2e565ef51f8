// SPDX-License-Identifier: GPL-2.0

//! What `vm` reports of a guest: the record file, the exit codes, the execution tier, the paravirt mode,
//! the guest's size, the place of its image.
//!
//! `vm` writes [`Record`]s and exits with the codes of [`GuestFailure`]; `sweep` reads both. Inside the
//! L1 hypervisor of the nested tier, `l1` reports [`VcpuReport`]s to `vm`.

#![forbid(unsafe_code)]

/// Names of an enum's values on command lines, in records, and in the guest's environment.
macro_rules! names {
    ($type:ident: $($value:ident $name:literal),+) => {
        impl $type {
            /// Its name on command lines, in records, and in the guest's environment.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }
        }
    };
}

mod attempt;
mod failure;
mod file;
mod group;
mod hypervisor;
mod image;
mod mode;
mod numa;
mod outcome;
mod preemption;
mod record;
mod simulated;
mod size;
mod tier;
mod vcpus;

pub use attempt::{Attempt, Finding, FindingKind, L1Report, Times};
pub use failure::{exit_code_help, GuestFailure, COMMAND_SIGNALED, HIGH_STATUS, OUTPUT_FAILED};
pub use file::write_whole;
pub use group::{GroupMember, GROUP_FILE};
pub use hypervisor::Hypervisor;
pub use image::{image_advice, image_directory};
pub use mode::{Mode, PreemptTarget};
pub use numa::{Numa, NumaNode};
pub use outcome::GuestOutcome;
pub use preemption::{InjectedPreemption, PreemptionOutcome, Preemptions};
pub use record::{HostMachine, Record, RECORD_FILE, SCHEMA};
pub use simulated::{CostsName, SchedulingPolicy, SimulatedMachine};
pub use size::{
    GuestSize, MAX_EMULATED_CPUS, MAX_GUESTS, MAX_RATIO, MAX_SIMULATED_VCPUS, MAX_VCPUS, SLICES_US,
};
pub use tier::{Refused, Tier, TierChoice, COUNT_CAVEAT, OF_SIM, SIM_BOOTS_NOTHING};
pub use vcpus::{HogTime, PauseLoops, Placement, VcpuReport};

/// Environment variables that `vm` sets for the command in the guest.
pub mod environment {
    /// The [`Mode`](crate::Mode) that was asked for.
    pub const MODE: &str = "SLOWPATH_MODE";
    /// The [`PreemptTarget`](crate::PreemptTarget) that was asked for.
    pub const PREEMPT: &str = "SLOWPATH_PREEMPT";
    /// Set if the guest is one of a group, so that `batch` waits for the others before each run.
    pub const BARRIER: &str = "SLOWPATH_BARRIER";
    /// The unit of the guest's clock, [`INSTRUCTIONS`], if it is not the nanosecond.
    pub const CLOCK: &str = "SLOWPATH_CLOCK";
    /// The clock of the tier `count`.
    pub const INSTRUCTIONS: &str = "instructions";
}
