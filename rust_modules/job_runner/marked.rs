// SPDX-License-Identifier: GPL-2.0

//! Job function of a run: the task, whose indices are marked for the oracle.

use core::ops::Range;

use job::{
    Fail,
    Stop,
    Work, //
};
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
            Err(fail) => fail.done_to.unwrap_or(start),
        };
        self.coverage.mark(start..end);
        result
    }

    fn undo(&self, done: Range<u64>) {
        self.coverage.unmark(done);
    }
}
