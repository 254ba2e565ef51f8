// SPDX-License-Identifier: GPL-2.0

//! Helper thread, which sleeps until work is assigned to it.

use algo::primitive::Vcpu;
use kernel::{
    bindings,
    cpu::CpuId,
    current,
    time::msecs_to_jiffies, //
};

use super::{
    state::HelperState,
    Start, //
};
use crate::{
    helpers,
    kernel_word,
    prelude::*,
    priority::LOWEST_NICE,
    thread::Thread, //
};

/// Time that a caller waits for a helper before it tests whether that is starved.
const PATIENCE_MS: u32 = 50;
/// A helper is starved if it ran for less than this part of that time.
const FAIR_PART: u64 = 4;
/// Static priority of nice 0: `DEFAULT_PRIO` of `include/linux/sched/prio.h`.
const DEFAULT_PRIO: i32 = 120;

/// A helper thread, and its nice value. The thread that has reserved the helper alone changes them.
pub(super) struct Helper {
    pub(super) state: Arc<HelperState>,
    thread: Thread,
    nice: Atomic<i32>,
}

impl Helper {
    /// Makes a helper, which is reserved.
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
            nice: Atomic::new(LOWEST_NICE),
        })
    }

    /// Binds the helper to `vcpu` and sets its nice value; false if that vCPU has just gone offline,
    /// or while any vCPU comes or goes. Then the helper must do nothing: it would work where the
    /// caller may not. If the vCPU goes offline later, the kernel moves the helper as it moves any
    /// bound thread.
    pub(super) fn place(&self, vcpu: u32, nice: i32) -> bool {
        self.renice(nice);
        let (task, is_vcpu) = (self.task().cast(), CpuId::from_u32(vcpu).is_some());
        // SAFETY: The handle keeps the task; the number is that of a CPU.
        is_vcpu && unsafe { helpers::slowpath_bind(task, vcpu) == 0 }
    }

    fn renice(&self, nice: i32) {
        if self.nice.load(Relaxed) != nice {
            self.nice.store(nice, Relaxed);
            // SAFETY: The handle keeps the task.
            unsafe { bindings::set_user_nice(self.task(), nice as c_long) };
        }
    }

    /// Waits until the helper has done its work, and lends it the vCPU and the nice value of the
    /// caller, who needs neither, while it is starved: its own vCPU may be busy for long with tasks
    /// that precede it.
    ///
    /// After ktask, which raised the helpers that its main thread waited for, one by one.
    pub(super) fn wait(&self, start: Start) {
        let patience_ns = u64::from(PATIENCE_MS).saturating_mul(1_000_000);
        let mut ran_ns = self.ran_ns();
        while !self.state.wait(msecs_to_jiffies(PATIENCE_MS)) {
            let ran = self.ran_ns();
            // Threads of a workqueue have no lower priority than the caller.
            if start == Start::Wake && ran.saturating_sub(ran_ns) < patience_ns / FAIR_PART {
                self.place(Vcpu::current().number(), nice());
            }
            ran_ns = ran;
        }
    }

    /// Returns for how long the helper ran since it was made, as of its last tick.
    fn ran_ns(&self) -> u64 {
        // It grows; an older value makes the caller wait once more.
        // SAFETY: The handle keeps the task.
        unsafe { kernel_word::read(&raw const (*self.task()).se.sum_exec_runtime) }
    }

    fn task(&self) -> *mut bindings::task_struct {
        self.thread.task().as_ptr()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.state.close();
        // Dropping the thread joins it.
    }
}

/// Returns the nice value of the calling thread.
fn nice() -> i32 {
    // Who changes it meanwhile is served by the next look.
    // SAFETY: The current task is there.
    let prio = unsafe { kernel_word::read(&raw const (*current!().as_ptr()).static_prio) };
    prio.wrapping_sub(DEFAULT_PRIO)
}
