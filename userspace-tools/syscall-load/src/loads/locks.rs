// SPDX-License-Identifier: GPL-2.0

//! Locks of userspace: one for all threads; each process has its own.

use std::sync::atomic::AtomicU32;

use rustix::thread::futex;

use crate::{load::repeat, sys};

static WORD: AtomicU32 = AtomicU32::new(0);

loads! {
    /// wake the waiters of a word that has none: the lock of one hash bucket, for threads
    futex => |_| repeat(|| futex::wake(&WORD, futex::Flags::PRIVATE, 1));
    /// lock and unlock one pthread mutex: with several threads, futex waits and wakes
    pthread_mutex => |_| repeat(sys::lock_and_unlock);
}
