// SPDX-License-Identifier: GPL-2.0

//! Preparation of a run, by the task that wrote `start`. It may take seconds, and `stop` ends it.

use crate::{
    helpers,
    prelude::*, //
};

/// A run that is being prepared.
pub struct Preparation(pub(crate) Arc<StopFlag>);

impl Preparation {
    /// Lets other tasks run, and returns an error once the run is no longer wanted. What takes longer
    /// than some milliseconds calls it now and then.
    pub fn proceed(&self) -> Result {
        cond_resched();
        match self.is_wanted() {
            true => Ok(()),
            false => Err(ECANCELED),
        }
    }

    /// Returns whether neither the run was stopped nor the writer killed.
    pub(crate) fn is_wanted(&self) -> bool {
        // SAFETY: Reads a flag of the current task.
        !self.0.is_raised() && !unsafe { helpers::slowpath_is_killed() }
    }
}
