// SPDX-License-Identifier: GPL-2.0

//! State of one helper: which work is assigned to it, and how far that is.

use core::{
    marker::PhantomData,
    mem::offset_of,
    ptr, //
};

use kernel::{
    bindings,
    sync::Completion,
    time::Jiffies,
    types::Opaque, //
};

use super::Start;
use crate::{
    helpers,
    prelude::*, //
};

const FREE: u32 = 0;
const RESERVED: u32 = 1;
/// Assigned to the thread.
const ASSIGNED: u32 = 2;
/// Assigned to the item. A thread that wakes late, for work that was withdrawn, leaves it alone:
/// else the item would still be queued when the work is done, and begin other work elsewhere.
const QUEUED: u32 = 3;
const BUSY: u32 = 4;
const CLOSED: u32 = 5;

/// Work on the stack of a borrower.
pub(super) struct BorrowedWork<'a> {
    work: *const (dyn Fn(u32, bool) + Sync + 'static),
    borrowed: PhantomData<&'a ()>,
}

impl<'a> BorrowedWork<'a> {
    pub(super) fn new(work: &'a (dyn Fn(u32, bool) + Sync + 'a)) -> Self {
        let work = ptr::from_ref(work);
        Self {
            // SAFETY: Only the lifetime changes. A borrower that assigns this keeps it, and with it
            // the work, until the helper has done it or it was withdrawn.
            work: unsafe {
                core::mem::transmute::<
                    *const (dyn Fn(u32, bool) + Sync + 'a),
                    *const (dyn Fn(u32, bool) + Sync + 'static),
                >(work)
            },
            borrowed: PhantomData,
        }
    }
}

/// State of a helper.
///
/// # Invariants
///
/// In `ASSIGNED`, `QUEUED` and `BUSY` `work` points to a [`BorrowedWork`] that lives until `done` is
/// signalled or the work is withdrawn in `ASSIGNED`.
#[pin_data]
pub(super) struct HelperState {
    state: Atomic<u32>,
    index: Atomic<u32>,
    work: Atomic<usize>,
    #[pin]
    start: Opaque<bindings::completion>,
    #[pin]
    done: Completion,
    #[pin]
    pub(super) item: Opaque<bindings::work_struct>,
}

// SAFETY: What is not atomic is the kernel's, and made to be reached from everywhere.
unsafe impl Send for HelperState {}
// SAFETY: As above.
unsafe impl Sync for HelperState {}

impl HelperState {
    /// Makes the state of a helper that is reserved.
    pub(super) fn new() -> Result<Arc<Self>> {
        let function: unsafe extern "C" fn(*mut bindings::work_struct) = run_item;
        Arc::pin_init(
            pin_init!(Self {
                state: Atomic::new(RESERVED),
                index: Atomic::new(0),
                work: Atomic::new(0),
                start <- Opaque::ffi_init(|at| {
                    // SAFETY: There is room for a completion.
                    unsafe { bindings::init_completion(at) }
                }),
                done <- Completion::new(),
                item <- Opaque::ffi_init(|at: *mut bindings::work_struct| {
                    // SAFETY: There is room for an item, and the function is one for items.
                    unsafe { helpers::slowpath_work_init(at.cast(), function as *mut c_void) }
                }),
            }),
            GFP_KERNEL,
        )
    }

    /// Reserves the helper if it is free. Pairs with the release in `release`.
    pub(super) fn try_reserve(&self) -> bool {
        self.state.cmpxchg(FREE, RESERVED, Acquire).is_ok()
    }

    /// Ends the reservation. Pairs with the acquire in `try_reserve` of the next borrower.
    pub(super) fn release(&self) {
        self.state.store(FREE, Release);
    }

    /// Assigns work to the helper, which is reserved; `wait` or `withdraw` ends that.
    pub(super) fn assign(&self, work: &BorrowedWork<'_>, index: u32, start: Start) {
        self.index.store(index, Relaxed);
        let work = ptr::from_ref(work).cast::<()>() as usize;
        self.work.store(work, Relaxed);
        // Pairs with the acquire in `run`.
        let assigned = match start {
            Start::Wake => ASSIGNED,
            Start::QueueWork => QUEUED,
        };
        self.state.store(assigned, Release);
    }

    /// Wakes the helper.
    pub(super) fn wake(&self) {
        // SAFETY: The completion was initialised, and lives as long as the state.
        unsafe { bindings::complete(self.start.get()) };
    }

    /// Withdraws work that the thread of the helper has not begun.
    pub(super) fn withdraw(&self) -> bool {
        // It publishes nothing: one side wins the word, and the other leaves the work alone.
        self.state.cmpxchg(ASSIGNED, RESERVED, Full).is_ok()
    }

    /// Waits until the helper has done its work, or for `timeout`; false then.
    pub(super) fn wait(&self, timeout: Jiffies) -> bool {
        // SAFETY: A `Completion` is a transparent `struct completion`, initialised and live.
        let done = unsafe { bindings::wait_for_completion_timeout(self.done(), timeout) > 0 };
        if done {
            self.state.store(RESERVED, Relaxed);
        }
        done
    }

    /// Thread function: runs work whenever it is woken, until it is closed.
    pub(super) fn serve(&self) {
        loop {
            // SAFETY: As in `wake`. Idle, so as not to count as load.
            unsafe { bindings::wait_for_completion_state(self.start.get(), bindings::TASK_IDLE) };
            // Pairs with the release in `close`.
            if self.state.load(Acquire) == CLOSED {
                return;
            }
            self.run(ASSIGNED);
        }
    }

    /// Ends `serve`. No caller has borrowed the helper: a pool outlives its borrowers.
    pub(super) fn close(&self) {
        // Pairs with the acquire in `serve`.
        self.state.store(CLOSED, Release);
        self.wake();
    }

    /// Runs the work, if some is `assigned` to the thread, or to the item.
    fn run(&self, assigned: u32) {
        // Pairs with the release in `assign`: the work and the index are visible.
        if self.state.cmpxchg(assigned, BUSY, Acquire).is_err() {
            return;
        }
        let borrowed = self.work.load(Relaxed) as *const BorrowedWork<'_>;
        // SAFETY: It lives until `done` is signalled, by the invariant.
        let work = unsafe { &*(*borrowed).work };
        work(self.index.load(Relaxed), false);
        // Orders all that was done before what the borrower does after `wait`. `Completion` of the
        // crate can only signal all waiters for ever.
        // SAFETY: As in `wait`.
        unsafe { bindings::complete(self.done()) };
    }

    fn done(&self) -> *mut bindings::completion {
        ptr::from_ref(&self.done).cast_mut().cast()
    }
}

/// # Safety
///
/// Called by the workqueue with the item of a helper's state.
unsafe extern "C" fn run_item(item: *mut bindings::work_struct) {
    let at = item
        .cast::<u8>()
        .wrapping_sub(offset_of!(HelperState, item));
    // SAFETY: By the contract of the function. The pool drains the workqueue before it drops states.
    unsafe { (*at.cast::<HelperState>()).run(QUEUED) };
}
