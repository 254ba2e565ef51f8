// SPDX-License-Identifier: GPL-2.0

//! Exploration of schedules at random: each run is one subject, vCPUs, CPUs, settings and schedule, all of a
//! seed.
//!
//! Between loom, which has every interleaving of three threads, and a guest, which has few of many: here
//! a vCPU is preempted between any two words, on up to 64 vCPUs, and a run is repeated by its seed. It says
//! nothing of memory orderings.

mod draw;
mod found;
mod load;
mod subject;

use std::fmt;

use machine::{Plan, Priorities};

use self::{draw::Draw, load::Load};
pub use self::{found::Found, subject::Subject};
use crate::failed::Failed;

/// Time after a run in which every thread has to leave.
const LEAVE_NS: u64 = 10_000_000_000;
/// The most vCPUs; one schedule in eight has so many.
pub const MOST_VCPUS: u32 = 64;

/// One run.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Decides all else.
    pub seed: u64,
    /// What is explored.
    pub subject: Subject,
    /// vCPUs of the guest.
    pub vcpus: u32,
    /// CPUs of the host.
    pub cpus: u32,
    load: Load,
}

impl fmt::Display for Schedule {
    /// As the options of `simulate explore` that repeat it, and its size.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            subject,
            vcpus,
            cpus,
            ..
        } = self;
        write!(
            f,
            "--first {seed} --seeds 1 {subject} ({vcpus} vCPUs on {cpus} CPUs)"
        )
    }
}

impl Schedule {
    /// The schedule of `subject` that `seed` stands for.
    pub fn of(subject: Subject, seed: u64) -> Self {
        let mut draw = Draw::of(seed);
        let vcpus = match draw.below(8) {
            0 => MOST_VCPUS,
            // As many of few vCPUs as of many: most mistakes need few.
            _ => {
                let scale = 1 << (1 + draw.below(6));
                MOST_VCPUS.min(2 + draw.below(scale) as u32)
            }
        };
        Self {
            seed,
            subject,
            vcpus,
            cpus: 1 + draw.below(u64::from(vcpus)) as u32,
            load: Load::of(subject, vcpus, &mut draw),
        }
    }

    /// Runs it.
    ///
    /// # Errors
    ///
    /// If the subject is not simulated.
    pub fn run(&self) -> Result<Found, Failed> {
        let plan = Plan {
            seed: self.seed,
            end: u64::from(self.load.run_ms()) * 1_000_000 + LEAVE_NS,
            sticky_kicks: self.seed % 2 == 0,
            ..Plan::new(self.cpus)
        };
        self.load.run(plan, Box::new(Priorities::new(self.seed)))
    }
}
