// SPDX-License-Identifier: GPL-2.0

//! Job function each part of which is again a job on the same pool.

use core::ops::Range;

use abi::job_runner::JobEnd;
use job::{
    Fail,
    Job,
    JobProgress,
    Pool,
    Stop,
    Work, //
};
use rig::prelude::*;

use crate::coverage::Coverage;

/// Helpers of jobs in jobs. They may get none while the outer jobs have all that the pool may lend.
#[derive(Default)]
pub(crate) struct InnerHelpers {
    pub(crate) wanted: Atomic<u32>,
    pub(crate) borrowed: Atomic<u32>,
}

/// Job function each part of which is a job. A part is done as a whole, or not at all: a job that
/// is not completed undoes what it did, since what it did need not begin where the part begins.
pub(crate) struct Nested<'a> {
    pub(crate) job: Job<'a>,
    pub(crate) pool: &'a Pool,
    pub(crate) work: &'a dyn Work,
    pub(crate) coverage: &'a Coverage,
    pub(crate) helpers: &'a InnerHelpers,
}

impl Work for Nested<'_> {
    fn part(&self, part: Range<u64>, _: &Stop<'_>) -> Result<(), Fail> {
        let job = Job {
            start: part.start,
            size: part.end.wrapping_sub(part.start),
            undo: true,
            trace: 0,
            cap: 0,
            ..self.job.clone()
        };
        let outcome = job.run(self.pool, &Inner(self), &JobProgress::new());
        self.helpers.wanted.add(outcome.wanted, Relaxed);
        self.helpers.borrowed.add(outcome.helpers, Relaxed);
        match (outcome.end, outcome.fault) {
            (JobEnd::Done, _) => Ok(()),
            (JobEnd::Failed, Some(fault)) => Err(Fail::undone(fault.index, fault.errno)),
            (JobEnd::Cancelled | JobEnd::Deadline, _) => Err(Fail::stopped(part.start)),
            (JobEnd::Failed | JobEnd::Unsound, _) => Err(EIO.into()),
        }
    }

    fn undo(&self, done: Range<u64>) {
        self.work.undo(done);
    }
}

/// Job function of a job in a job.
struct Inner<'a>(&'a Nested<'a>);

impl Work for Inner<'_> {
    fn part(&self, part: Range<u64>, stop: &Stop<'_>) -> Result<(), Fail> {
        self.0.work.part(part, stop)
    }

    fn undo(&self, done: Range<u64>) {
        self.0.coverage.erase(done);
    }
}
