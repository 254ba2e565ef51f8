// SPDX-License-Identifier: GPL-2.0

//! Job function of a run: the task, whose indices are marked for the oracle.

use core::ops::Range;

use job::{
    Fail,
    Job,
    JobProgress,
    Pool,
    Stop,
    Work, //
};
use kernel::prelude::*;
use rig::StopFlag;

use crate::{
    coverage::Coverage,
    task::Task, //
};

/// A task whose indices are marked.
pub(crate) struct Marked<'a> {
    pub(crate) task: &'a dyn Task,
    pub(crate) coverage: &'a Coverage,
    pub(crate) stop_flag: &'a StopFlag,
}

impl Work for Marked<'_> {
    fn part(&self, part: Range<u64>, _: &Stop<'_>) -> Result<(), Fail> {
        let start = part.start;
        let result = self.task.items(part.clone(), self.stop_flag);
        let end = match &result {
            Ok(()) => part.end,
            Err(fail) => fail.at.unwrap_or(start),
        };
        self.coverage.mark(start..end);
        result
    }

    fn undo(&self, done: Range<u64>) {
        self.coverage.unmark(done);
    }
}

/// Job function each part of which is again a job on the same pool.
pub(crate) struct Nested<'a> {
    pub(crate) job: Job<'a>,
    pub(crate) pool: &'a Pool,
    pub(crate) inner: &'a Marked<'a>,
}

impl Work for Nested<'_> {
    fn part(&self, part: Range<u64>, _: &Stop<'_>) -> Result<(), Fail> {
        let job = Job {
            start: part.start,
            size: part.end.wrapping_sub(part.start),
            undo: false,
            trace: 0,
            cap: 0,
            ..self.job.clone()
        };
        let outcome = job.run(self.pool, self.inner, &JobProgress::new());
        match (outcome.result(), outcome.fault) {
            (Ok(()), _) => Ok(()),
            (Err(errno), Some(_)) => Err(errno.into()),
            // It was stopped, as the outer job is.
            (Err(_), None) => Err(Fail::stopped(part.start)),
        }
    }

    fn undo(&self, done: Range<u64>) {
        self.inner.undo(done);
    }
}
