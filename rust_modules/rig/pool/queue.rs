// SPDX-License-Identifier: GPL-2.0

//! Workqueue that starts helpers as padata does, to compare with waking threads.

use kernel::{
    bindings,
    prelude::*,
    str::CStr,
    types::Opaque, //
};

/// A workqueue whose items run on the CPU that they were queued on.
///
/// # Invariants
///
/// The pointer is that of a workqueue of our own.
pub(super) struct Queue(*mut bindings::workqueue_struct);

// SAFETY: A workqueue may be reached from everywhere.
unsafe impl Send for Queue {}
// SAFETY: As above.
unsafe impl Sync for Queue {}

impl Queue {
    pub(super) fn new(name: &'static CStr) -> Result<Self> {
        // Long items must not delay other items of the CPU.
        let flags = bindings::wq_flags_WQ_PERCPU | bindings::wq_flags_WQ_CPU_INTENSIVE;
        // SAFETY: The format takes a string.
        let queue = unsafe {
            bindings::alloc_workqueue_noprof(c"%s".as_char_ptr(), flags, 0, name.as_char_ptr())
        };
        match queue.is_null() {
            true => Err(ENOMEM),
            // INVARIANT: It was just made.
            false => Ok(Self(queue)),
        }
    }

    /// Queues `item`, which is initialised and not pending, on `vcpu`.
    pub(super) fn push(&self, item: &Opaque<bindings::work_struct>, vcpu: u32) {
        // SAFETY: The queue is ours. The item is part of a helper's state, which lives until the
        // work has been done, and longer.
        unsafe { bindings::queue_work_on(vcpu as c_int, self.0, item.get()) };
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: It is ours; this waits for its items.
        unsafe { bindings::destroy_workqueue(self.0) };
    }
}
