// SPDX-License-Identifier: GPL-2.0

//! Kernel threads that are joined by being dropped.

use core::ffi::c_void;

use kernel::{
    bindings,
    cpu::CpuId,
    error::from_err_ptr,
    prelude::*,
    str::CStr,
    sync::{
        aref::ARef,
        Completion, //
    },
    task::Task, //
};

use crate::priority::LAST;

/// A thread; dropping it waits until it has left, and frees what it was given.
///
/// # Invariants
///
/// `job` is a [`Job`] that came from a box. The thread may use it until it is joined; what frees
/// it is `free`.
pub(crate) struct Thread {
    task: ARef<Task>,
    job: *mut c_void,
    begun: *const Completion,
    free: unsafe fn(*mut c_void),
    woken: bool,
}

/// What a thread is given. The handle owns it and the thread borrows it, so that nothing leaks,
/// whether the thread ran or never did.
#[pin_data]
struct Job<F> {
    work: Option<F>,
    #[pin]
    begun: Completion,
}

// SAFETY: The work is `Send`; the rest is reached by the owner of the handle alone.
unsafe impl Send for Thread {}
// SAFETY: A shared handle can do nothing.
unsafe impl Sync for Thread {}

impl Thread {
    /// Creates a thread called `name/index` that will do `work`, on `cpu` alone if one is given.
    /// It does not run before it is woken.
    pub(crate) fn new<F: FnOnce() + Send + 'static>(
        name: &'static CStr,
        index: u32,
        cpu: Option<CpuId>,
        work: F,
    ) -> Result<Self> {
        let job = KBox::pin_init(
            pin_init!(Job {
                work: Some(work),
                begun <- Completion::new(),
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: The job stays where it is until `free` puts it back into a box.
        let job = KBox::into_raw(unsafe { Pin::into_inner_unchecked(job) });
        let (data, free) = (job.cast::<c_void>(), free::<F> as unsafe fn(*mut c_void));

        // SAFETY: `run::<F>` takes a `Job<F>`; the format takes a string and a number.
        let task = from_err_ptr(unsafe {
            bindings::kthread_create_on_node(
                Some(run::<F>),
                data,
                bindings::NUMA_NO_NODE,
                c"%s/%u".as_char_ptr(),
                name.as_char_ptr(),
                index,
            )
        })
        // SAFETY: No thread was made, so the job is still ours.
        .inspect_err(|_| unsafe { free(data) })?;
        if let Some(cpu) = cpu {
            // SAFETY: The thread exists and was never woken.
            unsafe { bindings::kthread_bind(task, cpu.as_u32()) };
        }
        // INVARIANT: `job` was a box, and `free` knows its type.
        Ok(Self {
            // SAFETY: A thread that was never woken is there; the reference keeps it.
            task: ARef::from(unsafe { &*task.cast::<Task>() }),
            job: data,
            // SAFETY: The job is live, by the invariant.
            begun: unsafe { &raw const (*job).begun },
            free,
            woken: false,
        })
    }

    /// Lets everyone else go first. A load shall not keep out whoever wants to end it.
    pub(crate) fn yield_to_all(&self) {
        // SAFETY: The reference keeps the task valid.
        unsafe { bindings::set_user_nice(self.task.as_ptr(), LAST as c_long) };
    }

    /// Returns the thread's task, which is there for as long as the handle.
    pub(crate) fn task(&self) -> &Task {
        &self.task
    }

    /// Lets the thread run.
    pub(crate) fn wake(&mut self) {
        self.woken = true;
        self.task.wake_up();
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // A thread that is stopped before it first ran never runs, even if it was woken; and one
        // that was never woken never begins.
        if self.woken {
            // SAFETY: The job is live, by the invariant.
            unsafe { (*self.begun).wait_for_completion() };
        }
        // SAFETY: The reference keeps the task valid, also when the thread has returned.
        unsafe { bindings::kthread_stop(self.task.as_ptr()) };
        // SAFETY: The thread is gone, so the job is ours, by the invariant.
        unsafe { (self.free)(self.job) };
    }
}

/// # Safety
///
/// `job` is a `Job<F>` that outlives the thread and whose `work` is the thread's alone.
unsafe extern "C" fn run<F: FnOnce()>(job: *mut c_void) -> c_int {
    let job = job.cast::<Job<F>>();
    // SAFETY: By the contract of the function.
    unsafe { (*job).begun.complete_all() };
    // SAFETY: By the contract of the function.
    if let Some(work) = unsafe { (*job).work.take() } {
        work();
    }
    0
}

/// # Safety
///
/// `job` came from a box of a `Job<F>`, and no thread uses it.
unsafe fn free<F>(job: *mut c_void) {
    // SAFETY: By the contract of the function.
    drop(unsafe { KBox::from_raw(job.cast::<Job<F>>()) });
}
