// SPDX-License-Identifier: GPL-2.0

//! Hemlock: a queue lock of one word, and one word of each thread for all locks that it holds.
//!
//! Dice and Kogan, "Hemlock: Compact and Scalable Mutual Exclusion", SPAA 2021.
//!
//! ```text
//!   lock A   tail ──▶ waiter a             lock B   tail ──▶ waiter b
//!                        │ watches for A                        │ watches for B
//!                        ▼                                      ▼
//!            grant of the thread that holds both:   0 ──release B──▶ B ──b takes it──▶ 0
//! ```
//!
//! A thread joins by one exchange of the tail, which names the thread ahead, and watches that thread's
//! word for the address of the lock. The holder releases by writing it there, and stays until its
//! successor has cleared the word, which is then free for the next lock. So any number of threads may
//! watch one word, each for another lock, but the word serves one hand-over at a time.
//!
//! There are two homes for the word. On the stack of `with` it would be one thread's and one lock's, so
//! the address would say nothing that a flag does not, and the lock would be our `clh`: a flag that the
//! successor watches, another that lets the owner go. What the paper is about is the other one: the word
//! is the thread's, outlives all sections, and needs no node per lock held. [`Waiter`] is that home, state
//! of one thread which every `with` is given; here it has the word, on a cache line of its own. Only that
//! makes it matter that a slow successor of one lock keeps the thread from releasing the next.
//!
//! What differs from the paper: a waiter looks by plain loads, where the paper exchanges the word with
//! itself to have the line ready for the store that clears it; and the owner waits for that store before
//! it leaves `with`, where one of the paper's variants puts it off to the next release, since a `Waiter`
//! may be gone by then. Waiters spin: a signal of [`Wait`](crate::wait::Wait) has one waiter, this word
//! one of each lock.

#![expect(
    unsafe_code,
    reason = "another thread's word is reached through a raw pointer"
)]

use crate::prelude::*;

/// A thread's word for all locks that it holds, on a cache line of its own: 0, or the address of the lock
/// that it hands over.
#[derive(Default)]
#[repr(align(64))]
pub struct Grant(Atomic<usize>);

/// Serves in order of arrival.
pub struct Hemlock {
    /// The word of the last thread in the queue; null while the lock is free.
    tail: Atomic<*mut Grant>,
}

// SAFETY: `tail` is only ever an atomic; the words behind it are reached as `wait` explains.
unsafe impl Sync for Hemlock {}
// SAFETY: As for `Sync`.
unsafe impl Send for Hemlock {}

impl Hemlock {
    #[inline]
    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Waits until the thread of the word `ahead` hands this lock over.
    ///
    /// # Safety
    ///
    /// The exchange of the tail returned `ahead`.
    #[inline]
    unsafe fn wait(&self, ahead: *mut Grant, me: &Waiter) {
        // SAFETY: The word is that thread's `Waiter`'s, which `with` borrows, and `with` does not return
        // until the word is cleared, below.
        let ahead = unsafe { &*ahead };
        let mine = self.address();
        // Pairs with the release in `leave`, of that thread.
        me.spin_until(|| ahead.0.load(Acquire) == mine);
        // Nothing of `ahead` is touched after this: pairs with the acquire in `leave`.
        ahead.0.store(0, Release);
    }

    #[inline]
    fn leave(&self, me: &Waiter) {
        let Grant(grant) = &me.grant;
        let mine = ptr::from_ref(&me.grant).cast_mut();
        // Frees the lock if no thread joined; pairs with the exchange of the next to arrive.
        if self.tail.cmpxchg(mine, ptr::null_mut(), Release).is_ok() {
            return;
        }
        // Pairs with the acquire in `wait`, of the thread behind.
        grant.store(self.address(), Release);
        // Pairs with the release in `wait`: from here on the word may be used anew, or be gone.
        spin_until(|| grant.load(Acquire) == 0, || ());
    }
}

impl Lock for Hemlock {
    #[inline]
    fn new() -> Self {
        Self {
            tail: Atomic::new(ptr::null_mut()),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let mine = ptr::from_ref(&me.grant).cast_mut();
        // Publishes the word (pairs with the next arrival's exchange), and on a free lock takes it (pairs
        // with the release of the exchange that freed it).
        let ahead = self.tail.xchg(mine, Full);
        if !ahead.is_null() {
            me.begin_wait();
            // SAFETY: It came from the exchange.
            unsafe { self.wait(ahead, me) };
        }
        let r = body();
        self.leave(me);
        r
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let mine = ptr::from_ref(&me.grant).cast_mut();
        // As the exchange in `with`, but never behind another thread.
        if self.tail.cmpxchg(ptr::null_mut(), mine, Full).is_err() {
            return None;
        }
        let r = body();
        self.leave(me);
        Some(r)
    }
}
