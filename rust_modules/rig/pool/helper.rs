// SPDX-License-Identifier: GPL-2.0

//! Helper thread, which sleeps until work is assigned to it.

use kernel::{
    bindings,
    cpu::CpuId, //
};

use super::state::HelperState;
use crate::{
    helpers,
    prelude::*,
    priority::LOWEST_NICE,
    thread::Thread, //
};

/// A helper thread, and its nice value.
pub(super) struct Helper {
    pub(super) state: Arc<HelperState>,
    thread: Thread,
    nice: i32,
}

impl Helper {
    pub(super) fn new(name: &'static CStr, index: u32) -> Result<Self> {
        let state = HelperState::new()?;
        let shared = state.clone();
        // Bound from the start, so that the kernel does not migrate it by itself.
        let mut thread = Thread::new(name, index, CpuId::from_u32(0), move || shared.serve())?;
        thread.set_lowest_priority();
        thread.wake();
        Ok(Self {
            state,
            thread,
            nice: LOWEST_NICE,
        })
    }

    /// Binds the helper, which sleeps, to `vcpu`, and sets its nice value. Where that has just gone
    /// offline, or while any vCPU comes or goes, the helper works where it is.
    pub(super) fn place(&mut self, vcpu: u32, nice: i32) {
        let task = self.thread.task().as_ptr();
        if nice != self.nice {
            // SAFETY: The handle keeps the task.
            unsafe { bindings::set_user_nice(task, nice as c_long) };
            self.nice = nice;
        }
        if CpuId::from_u32(vcpu).is_some() {
            // SAFETY: As above; the number is that of a CPU.
            unsafe { helpers::slowpath_bind(task.cast(), vcpu) };
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.state.close();
        // Dropping the thread joins it.
    }
}
