// SPDX-License-Identifier: GPL-2.0

//! What is done at each index.

use core::ops::Range;

use kernel::{
    alloc::{
        flags::__GFP_NOWARN,
        AllocError, //
    },
    prelude::*, //
};
use rig::{
    burn,
    Alarm,
    Page, //
};

use crate::coverage::Coverage;

/// A job.
pub(crate) trait Job: Send + Sync {
    /// Does the items of `part` until the alarm has rung; returns how many were done.
    fn items(&self, part: Range<u64>, coverage: &Coverage, alarm: &Alarm) -> u64;
}

/// A step at an index.
trait Step {
    fn step(&self, index: u64);
}

impl<S: Step + Send + Sync> Job for S {
    fn items(&self, part: Range<u64>, coverage: &Coverage, alarm: &Alarm) -> u64 {
        hot_items(self, part, coverage, alarm)
    }
}

/// The measured loop. `scripts/hot-check` finds it by its name, once for each job.
#[inline(never)]
fn hot_items<S: Step>(step: &S, part: Range<u64>, coverage: &Coverage, alarm: &Alarm) -> u64 {
    let mut items: u64 = 0;
    let mut index = part.start;
    while index < part.end && !alarm.rung() {
        step.step(index);
        coverage.mark(index);
        index = index.wrapping_add(1);
        items = items.wrapping_add(1);
    }
    items
}

/// Burns time.
pub(crate) struct Spin {
    loops: u64,
}

impl Spin {
    pub(crate) fn new(loops: u64) -> Self {
        Self { loops }
    }
}

impl Step for Spin {
    #[inline(always)]
    fn step(&self, _: u64) {
        burn(self.loops);
    }
}

/// Clears pages, one for each index.
pub(crate) struct ClearPages {
    first: u64,
    pages: VVec<Page>,
}

impl ClearPages {
    pub(crate) fn new(first: u64, pages: usize) -> Result<Self, AllocError> {
        Ok(Self {
            first,
            pages: VVec::zeroed(pages, GFP_KERNEL | __GFP_NOWARN)?,
        })
    }
}

impl Step for ClearPages {
    #[inline(always)]
    fn step(&self, index: u64) {
        if let Some(page) = self.pages.get(index.wrapping_sub(self.first) as usize) {
            page.clear();
        }
    }
}
