// SPDX-License-Identifier: GPL-2.0

//! Job function, and its errors.

use core::ops::Range;

use kernel::prelude::*;

/// Job function. Several workers call it at a time, each with a part of its own.
pub trait Work: Sync {
    /// Does the indices of `part`, whose end is aligned as the job says.
    ///
    /// A part takes about a millisecond where `min_chunk` and `align` allow that. One that may take
    /// much longer tests `stop` now and then, and returns [`Fail::stopped`].
    fn part(&self, part: Range<u64>, stop: &Stop<'_>) -> Result<(), Fail>;

    /// Undoes the indices of `done`, which were done before. The calls are in ascending order, on the
    /// calling thread, when all workers have left; none is repeated, and the index that failed is in
    /// none.
    fn undo(&self, done: Range<u64>) {
        let _ = done;
    }
}

/// Why a part was not completed, and how much of it was. It ends the job.
pub struct Fail {
    /// The indices of the part before this one are done, and no others; if none, nothing is.
    pub done_to: Option<u64>,
    /// The index that failed; if none, the first one that is not done.
    pub index: Option<u64>,
    /// The error; none if the job was stopped, or is to be cancelled.
    pub errno: Option<Error>,
}

impl Fail {
    /// The index `at` failed, after all before it were done.
    pub fn at(at: u64, errno: Error) -> Self {
        Self {
            done_to: Some(at),
            index: Some(at),
            errno: Some(errno),
        }
    }

    /// The index `index` failed, and nothing of the part is done, or all of it was undone.
    pub fn undone(index: u64, errno: Error) -> Self {
        Self {
            done_to: None,
            index: Some(index),
            errno: Some(errno),
        }
    }

    /// The part was stopped before `at` was done. A job that nothing else stopped is cancelled.
    pub fn stopped(at: u64) -> Self {
        Self {
            done_to: Some(at),
            index: None,
            errno: None,
        }
    }
}

impl From<Error> for Fail {
    fn from(errno: Error) -> Self {
        Self {
            done_to: None,
            index: None,
            errno: Some(errno),
        }
    }
}

/// Test whether the job is stopped.
pub struct Stop<'a>(pub(crate) &'a (dyn Fn() -> bool + Sync));

impl Stop<'_> {
    /// Returns whether the job failed elsewhere, was cancelled, or its deadline passed.
    pub fn now(&self) -> bool {
        (self.0)()
    }
}
