// SPDX-License-Identifier: GPL-2.0

//! Delegation: the holder runs the sections of those that wait, and sends back what they return.
//!
//! The word and its batches are those of Oyama, Taura and Yonezawa, "Executing Parallel Programs with
//! Synchronization Bottlenecks Efficiently", 1999; that a combiner serves a bounded number, and then
//! makes a waiter the combiner, is of Hendler, Incze, Shavit and Tzafrir, "Flat Combining and the
//! Synchronization-Parallelism Tradeoff", 2010, and of Gupta et al., "Ship your Critical Section, Not
//! Your Data: Enabling Transparent Delegation with TCLocks", 2023.
//!
//! ```text
//!   head:  null            free
//!          HELD            held; no thread has arrived since the combiner took the last batch
//!          last arrival ──before──▶ … ──before──▶ first arrival ──before──▶ null
//!   combiner's batch:  next to be served ──after──▶ … ──after──▶ null
//! ```
//!
//! A waiter publishes what it wants run and waits on its own node. The combiner takes all arrivals by
//! one exchange, turns them round, and runs them in order of arrival. A waiter that is preempted once it
//! has arrived delays no other: its section runs although its vCPU does not. A combiner that is
//! preempted delays all, as a holder does, and for as many sections as it serves.
//!
//! TCLocks moves a waiter's whole context to the combiner, so that sections need not know; here a
//! section is a closure that may be [sent](Lock::delegate). One that may not be, or has not been asked
//! to be ([`Lock::with`]), makes its thread the combiner instead. TCLocks queues by an exchange of a
//! tail, after which an arrival that is preempted before it has linked itself stops the combiner; a
//! compare-and-exchange publishes and links at once, for the price of retries. As under every queue lock
//! here, a section must not unwind. `W` is the waiting policy.

#![expect(
    unsafe_code,
    reason = "a waiter's node and section are reached through raw pointers"
)]

use crate::prelude::*;

/// Serves in order of arrival; `MOST` sections of others, then another thread is the combiner.
pub struct Delegation<W, const MOST: u32 = 128> {
    head: Atomic<*mut Node<W>>,
}

// SAFETY: `head` is only ever an atomic; nodes behind it are reached by the one combiner, and what
// they have run on other threads is `Send`, by the bounds of `delegate`.
unsafe impl<W, const MOST: u32> Sync for Delegation<W, MOST> {}
// SAFETY: As for `Sync`.
unsafe impl<W, const MOST: u32> Send for Delegation<W, MOST> {}

/// A waiter's node, on its stack and on a cache line of its own.
#[repr(align(64))]
struct Node<W> {
    /// Before the batch is taken the arrival before, then the one after; at last, for the new combiner,
    /// the rest of the batch. Its owner writes it until the node is published, then the combiner.
    next: Cell<*mut Node<W>>,
    /// What to run; `None` if its own thread has to.
    section: Option<Section>,
    /// The section has been run, or the thread is the combiner.
    turn: W,
}

/// A section of some type, and the function that runs it.
#[derive(Clone, Copy)]
struct Section {
    run: unsafe fn(*const ()),
    at: *const (),
}

/// A section and what it returned, on the stack of its thread.
struct Published<F, R>(Cell<(Option<F>, Option<R>)>);

impl<F: FnOnce() -> R, R> Published<F, R> {
    /// Runs the section, unless it has been run.
    ///
    /// # Safety
    ///
    /// `at` is a live `Self` that no other thread accesses during the call.
    unsafe fn run(at: *const ()) {
        // SAFETY: By the contract of the function.
        let published = unsafe { &*at.cast::<Self>() };
        published.0.with_mut(|published| {
            // SAFETY: As above, and this thread has no other reference into it.
            let (section, result) = unsafe { &mut *published };
            if let Some(section) = section.take() {
                *result = Some(section());
            }
        });
    }

    /// Returns what the section returned, if it has been run.
    ///
    /// # Safety
    ///
    /// No other thread accesses it during the call.
    unsafe fn take(&self) -> Option<R> {
        self.0.with_mut(|published| {
            // SAFETY: By the contract of the function, and the reference ends here.
            unsafe { (*published).1.take() }
        })
    }
}

impl<W: Wait, const MOST: u32> Delegation<W, MOST> {
    /// Stands for a combiner without arrivals; no node has this address.
    const HELD: *mut Node<W> = ptr::without_provenance_mut(1);

    /// Takes the lock if it is free.
    #[inline(always)]
    fn take(&self) -> bool {
        // Pairs with the release in `free`, of the last combiner.
        self.head
            .cmpxchg(ptr::null_mut(), Self::HELD, Acquire)
            .is_ok()
    }

    /// Publishes `node` and waits, or takes the lock; returns whether it waited.
    #[inline]
    fn arrive(&self, node: &Node<W>, me: &Waiter) -> bool {
        loop {
            // Relaxed: the exchange decides, and nothing behind the pointer is read.
            let last = self.head.load(Relaxed);
            if last.is_null() {
                if self.take() {
                    return false;
                }
                continue;
            }
            let before = match last == Self::HELD {
                true => ptr::null_mut(),
                false => last,
            };
            // SAFETY: The node is not published yet.
            node.next.with_mut(|next| unsafe { *next = before });
            let mine = ptr::from_ref(node).cast_mut();
            // Publishes node and section; pairs with the acquire in `arrivals`. Whatever node was at
            // this address when it was loaded, the last arrival is there now.
            if self.head.cmpxchg(last, mine, Release).is_ok() {
                me.begin_wait();
                node.turn.wait(None, me);
                return true;
            }
        }
    }

    /// Frees the lock, unless threads have arrived.
    #[inline(always)]
    fn free(&self) -> bool {
        // Pairs with the acquire in `take`, of the next holder.
        self.head
            .cmpxchg(Self::HELD, ptr::null_mut(), Release)
            .is_ok()
    }

    /// Takes all arrivals, the first in front; there is one at least.
    #[inline]
    fn arrivals(&self) -> *mut Node<W> {
        // Pairs with the release of each arrival: the exchanges after it continue its release sequence.
        let mut before = self.head.xchg(Self::HELD, Acquire);
        let mut after = ptr::null_mut();
        while !before.is_null() {
            let node = before;
            // SAFETY: Its owner waits until this thread, the only combiner, signals its turn.
            before = unsafe { (*node).next.with_mut(|next| ptr::replace(next, after)) };
            after = node;
        }
        after
    }

    /// Combiner, after its own section: serves `batch` and later arrivals, or frees the lock.
    #[inline(always)]
    fn leave(&self, batch: *mut Node<W>, me: &Waiter) {
        if !batch.is_null() {
            self.combine(batch, me);
        } else if !self.free() {
            self.combine(self.arrivals(), me);
        }
    }

    /// Runs the sections of `batch`, which is not empty, and of later arrivals, until the lock is free or
    /// another thread is the combiner.
    #[inline(never)]
    fn combine(&self, mut batch: *mut Node<W>, me: &Waiter) {
        let mut left = MOST;
        loop {
            let node = batch;
            // SAFETY: Its owner waits until this thread, the only combiner, signals its turn.
            let (section, turn) = unsafe { ((*node).section, ptr::addr_of!((*node).turn)) };
            // SAFETY: As above.
            let after = unsafe { (*node).next.with(|next| *next) };
            let Some(section) = section.filter(|_| left > 0) else {
                // Its owner is the combiner from now on, and reads the rest of the batch in it.
                let combiner = turn;
                // SAFETY: As above; the node is not touched again.
                return unsafe { W::signal(combiner, me) };
            };
            // SAFETY: As above for what it points to, which is `Send`; its owner has not run it.
            unsafe { (section.run)(section.at) };
            // SAFETY: As above; the node is not touched again.
            unsafe { W::signal(turn, me) };
            left = left.wrapping_sub(1);
            batch = after;
            if batch.is_null() {
                if self.free() {
                    return;
                }
                batch = self.arrivals();
            }
        }
    }

    /// Waits to be the combiner, or for one to run `section`; returns the rest of the batch.
    #[inline]
    fn enter(&self, section: Option<Section>, me: &Waiter) -> *mut Node<W> {
        let node = Node {
            next: Cell::new(ptr::null_mut()),
            section,
            turn: W::new(),
        };
        match self.arrive(&node, me) {
            // SAFETY: No combiner touches it after the signal.
            true => node.next.with(|next| unsafe { *next }),
            false => ptr::null_mut(),
        }
    }

    /// Runs `section` on the combiner, which may become this thread.
    #[inline(never)]
    fn delegate_slow<F, R>(&self, me: &Waiter, section: F) -> R
    where
        F: FnOnce() -> R + Send,
        R: Send,
    {
        let published = Published(Cell::new((Some(section), None)));
        let run = Published::<F, R>::run;
        let at = ptr::from_ref(&published).cast();
        let rest = self.enter(Some(Section { run, at }), me);
        // SAFETY: Combiners touch it before they signal the turn, and no more.
        if let Some(r) = unsafe { published.take() } {
            return r;
        }
        // No combiner has run the section, so this thread is the combiner.
        me.events.lock_pending.bump();
        // SAFETY: It is live, and no longer published.
        unsafe { run(at) };
        self.leave(rest, me);
        // SAFETY: It is not published, and was run above.
        unsafe { published.take().unwrap_unchecked() }
    }
}

impl<W: Wait, const MOST: u32> Lock for Delegation<W, MOST> {
    const DELEGATES: bool = true;

    #[inline]
    fn new() -> Self {
        Self {
            head: Atomic::new(ptr::null_mut()),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let batch = match self.take() {
            true => ptr::null_mut(),
            false => self.enter(None, me),
        };
        let r = body();
        self.leave(batch, me);
        r
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        if !self.take() {
            return None;
        }
        let r = body();
        self.leave(ptr::null_mut(), me);
        Some(r)
    }

    #[inline]
    fn delegate<R: Send>(&self, me: &Waiter, body: impl FnOnce() -> R + Send) -> R {
        if !self.take() {
            return self.delegate_slow(me, body);
        }
        let r = body();
        self.leave(ptr::null_mut(), me);
        r
    }
}
