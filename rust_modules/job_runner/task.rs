// SPDX-License-Identifier: GPL-2.0

//! Task: a step for each index of a range, in the measured loop.

use core::ops::Range;

use job::Fail;
use rig::prelude::*;

/// Step of a job at one index.
pub(crate) trait Step: Send + Sync {
    /// Does the step; returns what is added to the total.
    fn step(&self, index: u64) -> Result<u64>;

    /// Returns the total that is right when all was done, if that is known.
    fn expected(&self) -> Option<u64> {
        None
    }
}

/// A step for all indices of a range, and its total.
pub(crate) trait Task: Send + Sync {
    /// Does the indices of `part` until one fails or the stop flag is up.
    fn items(&self, part: Range<u64>, stop_flag: &StopFlag) -> Result<(), Fail>;

    /// Returns the total, and the total that is right if all was done.
    fn totals(&self) -> (u64, u64);
}

struct Steps<S> {
    step: S,
    total: Atomic<u64>,
}

impl<S: Step> Task for Steps<S> {
    fn items(&self, part: Range<u64>, stop_flag: &StopFlag) -> Result<(), Fail> {
        let mut total = 0;
        let done = hot_items(&self.step, part, stop_flag, &mut total);
        self.total.add(total, Relaxed);
        done
    }

    fn totals(&self) -> (u64, u64) {
        let total = self.total.load(Relaxed);
        (total, self.step.expected().unwrap_or(total))
    }
}

/// The measured loop. `scripts/hot-check` finds it by its name, once for each job.
#[inline(never)]
fn hot_items<S: Step>(
    step: &S,
    part: Range<u64>,
    stop_flag: &StopFlag,
    total: &mut u64,
) -> Result<(), Fail> {
    let mut index = part.start;
    while index < part.end {
        if stop_flag.is_raised() {
            return Err(Fail::stopped(index));
        }
        match step.step(index) {
            Ok(n) => *total = total.wrapping_add(n),
            Err(errno) => return Err(Fail::at(index, errno)),
        }
        index = index.wrapping_add(1);
    }
    Ok(())
}

/// Makes the task of a step.
pub(crate) fn task_of<S: Step + 'static>(step: S) -> Result<KBox<dyn Task>> {
    let steps = Steps {
        step,
        total: Atomic::new(0),
    };
    Ok(rig::boxed(steps)?)
}
