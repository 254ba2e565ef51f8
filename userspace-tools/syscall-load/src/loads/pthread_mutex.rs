// SPDX-License-Identifier: GPL-2.0

//! A mutex of the C library, locked and unlocked by all threads.

use anyhow::Result;

use crate::{
    load::{work, Load, Place, Work},
    sys,
};

/// One mutex for all threads; each process has its own.
pub const PTHREAD_MUTEX: Load = Load {
    name: "pthread_mutex",
    about: "lock and unlock one pthread mutex: with several threads, futex waits and wakes",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    work(sys::lock_and_unlock)
}
