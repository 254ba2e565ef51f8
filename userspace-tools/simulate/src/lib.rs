// SPDX-License-Identifier: GPL-2.0

//! Lock contention on a simulated machine: the algorithms of `algo` and the sampler of `measure`, unchanged,
//! on any number of vCPUs.

pub mod attribution;
mod contest;
pub mod explore;
mod failed;
mod kernel;
pub mod marks;
mod protected_words;
mod registry;
mod report;
mod sampling;
mod start_barrier;
mod thread_counts;
pub mod trace;
pub mod truth;

pub use self::{
    contest::{run, Outcome},
    failed::Failed,
};
