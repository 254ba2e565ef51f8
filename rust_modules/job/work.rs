// SPDX-License-Identifier: GPL-2.0

//! What a job does at its indices, and how that can go wrong.

use core::ops::Range;

use kernel::prelude::*;

/// What is done. Called by several workers at a time, each with a part of its own.
pub trait Work: Sync {
    /// Does the indices of `part`, whose end is aligned as the job says.
    ///
    /// A part is about a millisecond long where `min_chunk` and `align` allow that. One that may
    /// take much longer asks `stop` now and then, and returns [`Fail::stopped`].
    fn part(&self, part: Range<u64>, stop: &Stop<'_>) -> Result<(), Fail>;

    /// Undoes the indices of `done`, which were done before. Ranges come in ascending order on the
    /// calling thread when all workers have left; none comes twice, and what failed is not in them.
    fn undo(&self, done: Range<u64>) {
        let _ = done;
    }
}

/// Why a part was not done, and how far it was.
pub struct Fail {
    /// The index that failed: those before it are done. None: nothing of the part is.
    pub at: Option<u64>,
    /// The error; none if the job was told to stop.
    pub errno: Option<Error>,
}

impl Fail {
    /// The index `at` failed, after all before it were done.
    pub fn at(at: u64, errno: Error) -> Self {
        Self {
            at: Some(at),
            errno: Some(errno),
        }
    }

    /// The job was told to stop before `at` was done.
    pub fn stopped(at: u64) -> Self {
        Self {
            at: Some(at),
            errno: None,
        }
    }
}

impl From<Error> for Fail {
    fn from(errno: Error) -> Self {
        Self {
            at: None,
            errno: Some(errno),
        }
    }
}

/// Tells whether the job is to stop.
pub struct Stop<'a>(pub(crate) &'a (dyn Fn() -> bool + Sync));

impl Stop<'_> {
    /// Returns whether it is: it failed elsewhere, was cancelled, or its time is up.
    pub fn now(&self) -> bool {
        (self.0)()
    }
}
