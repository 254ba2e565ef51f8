// SPDX-License-Identifier: GPL-2.0

//! Kernel threads that dropping joins.

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
    task::Task,
    time::msecs_to_jiffies, //
};

use crate::{
    kernel_word,
    priority::LOWEST_NICE, //
};

/// A thread; dropping it waits until the thread function has returned, and frees that.
///
/// # Invariants
///
/// `function` is a [`Function`] that came from a box. The thread may use it until it is joined;
/// what frees it is `free`.
pub(crate) struct Thread {
    task: ARef<Task>,
    function: *mut c_void,
    ended: *const Completion,
    free: unsafe fn(*mut c_void),
    woken: bool,
}

/// Thread function. The handle owns it and the thread borrows it, so that nothing leaks, whether
/// the thread ran or never did.
#[pin_data]
struct Function<F> {
    body: Option<F>,
    #[pin]
    ended: Completion,
}

// SAFETY: The body is `Send`; the owner of the handle alone reaches the rest.
unsafe impl Send for Thread {}
// SAFETY: A shared handle can do nothing.
unsafe impl Sync for Thread {}

impl Thread {
    /// Creates a thread called `name/index` that will run `body`, bound to `cpu` if one is given. It
    /// does not run before [`wake`](Self::wake).
    pub(crate) fn new<F: FnOnce() + Send + 'static>(
        name: &'static CStr,
        index: u32,
        cpu: Option<CpuId>,
        body: F,
    ) -> Result<Self> {
        let function = KBox::pin_init(
            pin_init!(Function {
                body: Some(body),
                ended <- Completion::new(),
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: It stays where it is until `free` puts it back into a box.
        let function = KBox::into_raw(unsafe { Pin::into_inner_unchecked(function) });
        let (data, free) = (
            function.cast::<c_void>(),
            free::<F> as unsafe fn(*mut c_void),
        );

        // SAFETY: `run::<F>` takes a `Function<F>`; the format takes a string and a number.
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
        // SAFETY: No thread was made, so the function is still ours.
        .inspect_err(|_| unsafe { free(data) })?;
        if let Some(cpu) = cpu {
            // SAFETY: The thread exists and was never woken.
            unsafe { bindings::kthread_bind(task, cpu.as_u32()) };
        }
        // INVARIANT: `function` was a box, and `free` knows its type.
        Ok(Self {
            // SAFETY: A thread that was never woken is there; the reference keeps it.
            task: ARef::from(unsafe { &*task.cast::<Task>() }),
            function: data,
            // SAFETY: The function is live, by the invariant.
            ended: unsafe { &raw const (*function).ended },
            free,
            woken: false,
        })
    }

    /// Gives the thread the lowest priority, so that a load does not keep out tasks that end it.
    pub(crate) fn set_lowest_priority(&self) {
        // SAFETY: The reference keeps the task valid.
        unsafe { bindings::set_user_nice(self.task.as_ptr(), LOWEST_NICE as c_long) };
    }

    /// Returns the task of the thread, which lives as long as the handle.
    pub(crate) fn task(&self) -> &Task {
        &self.task
    }

    /// Waits until the thread function has returned. The sleep is interruptible so as not to count as
    /// load, nor as a hung task after two minutes: a run may last ten.
    fn wait(&self) {
        loop {
            let (ended, second) = (self.ended.cast_mut().cast(), msecs_to_jiffies(1000));
            // SAFETY: The function is live, by the invariant, and a `Completion` is a transparent
            // `struct completion`.
            let mut left =
                unsafe { bindings::wait_for_completion_interruptible_timeout(ended, second) };
            if left < 0 {
                // A signal to the task that waits, as to rmmod, which ends the run anyway.
                // SAFETY: As above.
                left = unsafe { bindings::wait_for_completion_timeout(ended, second) } as c_long;
            }
            // It changes once, and is looked at again.
            // SAFETY: The reference keeps the task valid.
            let state = unsafe { kernel_word::read(&raw const (*self.task.as_ptr()).exit_state) };
            // A thread that panicked does not signal its end.
            if left != 0 || state != 0 {
                return;
            }
        }
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
        // that was never woken never ends.
        if self.woken {
            self.wait();
        }
        // SAFETY: The reference keeps the task valid, also when the thread has returned.
        unsafe { bindings::kthread_stop(self.task.as_ptr()) };
        // SAFETY: The thread has returned, so the function is ours, by the invariant.
        unsafe { (self.free)(self.function) };
    }
}

/// # Safety
///
/// `function` is a `Function<F>` that outlives the thread and whose `body` is the thread's alone.
unsafe extern "C" fn run<F: FnOnce()>(function: *mut c_void) -> c_int {
    let function = function.cast::<Function<F>>();
    // SAFETY: By the contract of the function.
    if let Some(body) = unsafe { (*function).body.take() } {
        body();
    }
    // SAFETY: By the contract of the function; the handle joins the thread before it frees this.
    unsafe { (*function).ended.complete_all() };
    0
}

/// # Safety
///
/// `function` came from a box of a `Function<F>`, and no thread uses it.
unsafe fn free<F>(function: *mut c_void) {
    // SAFETY: By the contract of the function.
    drop(unsafe { KBox::from_raw(function.cast::<Function<F>>()) });
}
