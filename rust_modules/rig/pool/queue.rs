// SPDX-License-Identifier: GPL-2.0

//! The workqueue way of starting helpers, to be measured beside the other one.

use core::mem::offset_of;

use kernel::{
    bindings,
    prelude::*,
    str::CStr, //
};

use super::helper::Post;
use crate::helpers;

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
        // Items that run for long shall not keep others of the CPU waiting.
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

    /// Lets a worker of `vcpu` serve `post`.
    pub(super) fn push(&self, post: &Post, vcpu: u32) {
        // SAFETY: The queue is ours, and the item initialised. It is not pending: it has served
        // the last errand before that ended. The post lives until this errand ends, and longer.
        unsafe { bindings::queue_work_on(vcpu as c_int, self.0, post.item.get()) };
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: It is ours; this waits for what is in it.
        unsafe { bindings::destroy_workqueue(self.0) };
    }
}

/// Initialises the item of a post.
pub(super) fn init(item: *mut bindings::work_struct) {
    let function: unsafe extern "C" fn(*mut bindings::work_struct) = serve;
    // SAFETY: There is room for an item, and the function is one for items.
    unsafe { helpers::slowpath_work_init(item.cast(), function as *mut c_void) };
}

/// # Safety
///
/// Called by the workqueue with the item of a post.
unsafe extern "C" fn serve(item: *mut bindings::work_struct) {
    let at = item.cast::<u8>().wrapping_sub(offset_of!(Post, item));
    // SAFETY: By the contract of the function. The post lives until its errand ends, and its
    // owner joins whoever works for it before it goes.
    unsafe { (*at.cast::<Post>()).serve() };
}
