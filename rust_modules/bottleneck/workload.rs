// SPDX-License-Identifier: GPL-2.0

//! Interface between a workload, one variant of a bottleneck, and the threads that run it.

use core::fmt;

use abi::{
    bottleneck::{
        Config,
        Variant, //
    },
    Limits, //
};
use algo::{
    bottleneck::{
        Checked,
        Findings, //
    },
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    Random,
    Refused, //
};

use crate::findings::Errors;

/// Locks that a burst should take at most. In a storm a lock is acquired a few dozen times a
/// second, and a run ends only after the current bursts.
pub(crate) const MAX_LOCKS: u32 = 32;

/// One variant of a bottleneck.
pub(crate) trait Workload: Send + Sync {
    /// Runs up to `steps` operations; returns how many it ran, 0 to end the burst. Unless the
    /// workload [sleeps](Workload::sleeps), the thread is on its vCPU with preemption off.
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32;

    /// Runs after each burst, and may sleep, for example through a grace period.
    fn rest(&self, thread: &Thread<'_>) {
        let _ = thread;
    }

    /// Checks, after all threads have left, what the bottleneck promises.
    fn audit(&self, to: Findings<'_>);

    /// Returns whether an operation may sleep: then bursts are preemptible.
    fn sleeps(&self) -> bool {
        false
    }
}

/// The calling thread.
pub(crate) struct Thread<'a> {
    /// Its number, from 0.
    pub(crate) index: u32,
    /// How many threads there are.
    pub(crate) threads: u32,
    /// Identifies it to locks.
    pub(crate) waiter: &'a Waiter,
    /// Its random numbers.
    pub(crate) random: &'a Random,
    /// The errors that it detected.
    pub(crate) errors: &'a Errors,
}

impl Thread<'_> {
    /// Returns true once in `every` calls, at random; never if that is 0.
    #[inline(always)]
    pub(crate) fn one_in(&self, every: u32) -> bool {
        every != 0 && self.random.below(every) == 0
    }

    /// Records the error, if any.
    #[inline(always)]
    pub(crate) fn note(&self, checked: Checked) {
        if let Err(name) = checked {
            self.errors.record(name);
        }
    }
}

/// A workload, or why it cannot be made.
pub(crate) type Made = Result<KBox<dyn Workload>, Refused>;

/// Boxes a workload.
pub(crate) fn boxed(workload: impl Workload + 'static) -> Made {
    Ok(rig::boxed(workload)?)
}

/// Refuses to use more than a quarter of the available memory.
pub(crate) fn must_fit(config: &Config, bytes: u64, limits: &Limits) -> Result<(), Refused> {
    let Config { size, variant, .. } = config;
    rig::must_fit(format_args!("`size={size}`: {variant}"), bytes, limits)
}

/// Refuses a variant that the bottleneck does not have.
pub(crate) fn no_such_variant(config: &Config) -> Made {
    let Config { case, variant, .. } = config;
    let allowed = Names(case.facts().variants);
    Err(Refused::new(
        EINVAL,
        format_args!("`variant={variant}`: {case} has no such variant; allowed: {allowed}"),
    ))
}

/// Names separated by spaces.
struct Names(&'static [Variant]);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        self.0.iter().try_for_each(|name| {
            write!(f, "{gap}{name}")?;
            gap = " ";
            Ok(())
        })
    }
}
