// SPDX-License-Identifier: GPL-2.0

//! The modules on a simulated machine: the algorithms of `algo`, the sampler of `measure` and the works of
//! `sloppy-counter`, `job-runner` and `bottleneck`, unchanged, on any number of vCPUs.

pub mod attribution;
mod contest;
pub mod explore;
mod failed;
mod kernel;
pub mod loads;
pub mod marks;
mod outcome;
mod primitives;
mod protected_words;
mod registry;
mod report;
mod sampling;
mod start_barrier;
mod thread_counts;
pub mod trace;
pub mod truth;

pub use self::{
    contest::{run, run_type},
    failed::Failed,
    outcome::Outcome,
};
