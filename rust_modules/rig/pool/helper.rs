// SPDX-License-Identifier: GPL-2.0

//! One helper: a thread that sleeps until it is lent out.

use core::{
    marker::PhantomData,
    ptr, //
};

use algo::primitive::{
    Acquire,
    Atomic,
    Full,
    Relaxed,
    Release, //
};
use kernel::{
    bindings,
    cpu::CpuId,
    prelude::*,
    str::CStr,
    sync::{
        Arc,
        Completion, //
    },
    types::Opaque, //
};

use super::queue;
use crate::{
    helpers,
    priority::LAST, //
    thread::Thread,
};

const FREE: u32 = 0;
const TAKEN: u32 = 1;
const LENT: u32 = 2;
const BUSY: u32 = 3;
const CLOSED: u32 = 4;

/// What helpers are to do.
pub(super) struct Errand<'a> {
    work: *const (dyn Fn(u32, bool) + Sync + 'static),
    borrowed: PhantomData<&'a ()>,
}

impl<'a> Errand<'a> {
    pub(super) fn new(work: &'a (dyn Fn(u32, bool) + Sync + 'a)) -> Self {
        let work = ptr::from_ref(work);
        Self {
            // SAFETY: Only the lifetime changes. Whoever lends an errand keeps it, and with it the
            // work, until the helper has ended it or it was taken back.
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

/// Where a helper gets its errands.
///
/// # Invariants
///
/// In `LENT` and `BUSY` `errand` points to an errand that lives until `done` was signalled or the
/// state was taken back from `LENT`.
#[pin_data]
pub(super) struct Post {
    state: Atomic<u32>,
    index: Atomic<u32>,
    errand: Atomic<usize>,
    #[pin]
    start: Opaque<bindings::completion>,
    #[pin]
    done: Completion,
    #[pin]
    pub(super) item: Opaque<bindings::work_struct>,
}

// SAFETY: What is not atomic is the kernel's, and made to be reached from everywhere.
unsafe impl Send for Post {}
// SAFETY: As above.
unsafe impl Sync for Post {}

impl Post {
    fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                state: Atomic::new(FREE),
                index: Atomic::new(0),
                errand: Atomic::new(0),
                start <- Opaque::ffi_init(|at| {
                    // SAFETY: There is room for a completion.
                    unsafe { bindings::init_completion(at) }
                }),
                done <- Completion::new(),
                item <- Opaque::ffi_init(queue::init),
            }),
            GFP_KERNEL,
        )
    }

    pub(super) fn is_free(&self) -> bool {
        self.state.load(Relaxed) == FREE
    }

    /// Reserves the helper. Pairs with the release in `give_back`.
    pub(super) fn take(&self) -> bool {
        self.state.cmpxchg(FREE, TAKEN, Acquire).is_ok()
    }

    /// Ends the reservation. Pairs with the acquire in `take`, of the next borrower.
    pub(super) fn give_back(&self) {
        self.state.store(FREE, Release);
    }

    /// Gives the helper, which was taken, an errand: it ends by `wait`, or by `take_back`.
    pub(super) fn lend(&self, errand: &Errand<'_>, index: u32) {
        self.index.store(index, Relaxed);
        self.errand
            .store(ptr::from_ref(errand).cast::<()>() as usize, Relaxed);
        // Pairs with the acquire in `serve`.
        self.state.store(LENT, Release);
    }

    /// Wakes the helper.
    pub(super) fn wake(&self) {
        // SAFETY: The completion was initialised, and lives as long as the post.
        unsafe { bindings::complete(self.start.get()) };
    }

    /// Takes an errand back that the helper has not begun.
    pub(super) fn take_back(&self) -> bool {
        // Nothing is handed over; either side wins the word, and the other leaves the errand.
        self.state.cmpxchg(LENT, TAKEN, Full).is_ok()
    }

    /// Waits until the helper has done its errand.
    pub(super) fn wait(&self) {
        self.done.wait_for_completion();
        self.state.store(TAKEN, Relaxed);
    }

    /// Does the errand, if there is one.
    pub(super) fn serve(&self) {
        // Pairs with the release in `lend`: the errand and the index are seen.
        if self.state.cmpxchg(LENT, BUSY, Acquire).is_err() {
            return;
        }
        let errand = self.errand.load(Relaxed) as *const Errand<'_>;
        // SAFETY: It lives until `done` is signalled, by the invariant.
        let work = unsafe { &*(*errand).work };
        work(self.index.load(Relaxed), false);
        // Orders all that was done before what the borrower does after `wait`.
        self.done.complete_one();
    }
}

/// Signals one waiter; `Completion` of the crate only knows how to signal all for ever.
trait CompleteOne {
    fn complete_one(&self);
}

impl CompleteOne for Completion {
    fn complete_one(&self) {
        // SAFETY: A `Completion` is a transparent `struct completion`, initialised and live.
        unsafe { bindings::complete(ptr::from_ref(self).cast_mut().cast()) };
    }
}

/// A thread, and how it was set up last.
pub(super) struct Helper {
    pub(super) post: Arc<Post>,
    thread: Thread,
    nice: i32,
}

impl Helper {
    pub(super) fn new(name: &'static CStr, index: u32) -> Result<Self> {
        let post = Post::new()?;
        let theirs = post.clone();
        // Bound from the start, so that the kernel does not spread it by itself.
        let cpu = CpuId::from_u32(0);
        let mut thread = Thread::new(name, index, cpu, move || {
            loop {
                // SAFETY: As in `wake`. Idle, so as not to count as load.
                unsafe {
                    bindings::wait_for_completion_state(theirs.start.get(), bindings::TASK_IDLE)
                };
                if theirs.state.load(Acquire) == CLOSED {
                    return;
                }
                theirs.serve();
            }
        })?;
        thread.yield_to_all();
        thread.wake();
        Ok(Self {
            post,
            thread,
            nice: LAST,
        })
    }

    /// Puts the helper, which sleeps, on `vcpu`, as nice as `nice`. Where that has just gone
    /// offline, or while any comes or goes, the helper works where it is.
    pub(super) fn settle(&mut self, vcpu: u32, nice: i32) {
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
        // Nobody has borrowed it: a pool outlives its crews. Pairs with the acquire in the thread.
        self.post.state.store(CLOSED, Release);
        self.post.wake();
        // Dropping the thread joins it.
    }
}
