// SPDX-License-Identifier: GPL-2.0

//! What is done at each index, by name.

mod busy_loop;
mod frames;
mod pages;

use core::ops::Range;

use abi::job_runner::{
    Config,
    JobFunction as Name, //
};
use algo::primitive::{
    Atomic,
    Relaxed, //
};
use job::Fail;
use kernel::prelude::*;
use rig::{
    DelayLoop, //
    StopFlag,
};

/// What is done at an index.
trait Step: Send + Sync {
    /// Does it; returns what is to be added to the total.
    fn step(&self, index: u64) -> Result<u64>;

    /// Returns what the total must come to when all was done, if that is known.
    fn expected(&self) -> Option<u64> {
        None
    }
}

/// A step for all indices of a range, and what it came to.
pub(crate) trait Task: Send + Sync {
    /// Does the indices of `part` until one fails or the alarm has rung.
    fn items(&self, part: Range<u64>, stop_flag: &StopFlag) -> Result<(), Fail>;

    /// Returns what the work came to, and what it must come to if all was done.
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

/// Makes the task of a job.
pub(crate) fn task(config: &Config, delay_loop: DelayLoop) -> Result<KBox<dyn Task>> {
    let (first, count) = (config.start, config.size as usize);
    let loops = delay_loop.loops(config.work_ns);
    match config.job {
        Name::Spin => of(busy_loop::Spin { loops }),
        Name::Uneven => of(busy_loop::Uneven::new(first, config.size, loops)),
        Name::Fault => of(busy_loop::Fault {
            loops,
            at: first.saturating_add(config.fail_at),
        }),
        Name::ClearPages => of(pages::Clear(pages::Pages::new(first, count)?)),
        Name::ClearHuge => of(pages::ClearHuge::new(first, count)?),
        Name::PageInit => of(frames::PageInit::new(first, count)?),
        Name::Checksum => of(pages::Checksum::new(pages::Pages::new(first, count)?)),
        Name::Sum => of(pages::Sum::new(pages::Pages::new(first, count)?)),
    }
}

fn of<S: Step + 'static>(step: S) -> Result<KBox<dyn Task>> {
    let steps = Steps {
        step,
        total: Atomic::new(0),
    };
    Ok(KBox::new(steps, GFP_KERNEL)?)
}
