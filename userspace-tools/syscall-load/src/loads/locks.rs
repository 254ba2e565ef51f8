// SPDX-License-Identifier: GPL-2.0

//! Locks of userspace: one for all threads; each process has its own.

use std::sync::atomic::AtomicU32;

use rustix::thread::futex;

use crate::{
    load::{repeat, Load},
    sys,
};

static WORD: AtomicU32 = AtomicU32::new(0);

pub const LOADS: &[Load] = &[
    Load {
        name: "futex",
        about: "wake the waiters of a word that has none: the lock of one hash bucket, for threads",
        prepare: |_| repeat(|| futex::wake(&WORD, futex::Flags::PRIVATE, 1)),
    },
    Load {
        name: "pthread_mutex",
        about: "lock and unlock one pthread mutex: with several threads, futex waits and wakes",
        prepare: |_| repeat(sys::lock_and_unlock),
    },
];
