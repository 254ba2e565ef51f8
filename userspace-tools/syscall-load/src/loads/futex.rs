// SPDX-License-Identifier: GPL-2.0

//! futex(2): wakes nobody, on a word that all threads share.

use std::sync::atomic::AtomicU32;

use anyhow::Result;
use rustix::thread::futex;

use crate::load::{work, Load, Place, Work};

static WORD: AtomicU32 = AtomicU32::new(0);

/// One word for all threads; each process has its own.
pub const FUTEX: Load = Load {
    name: "futex",
    about: "wake the waiters of a word that has none: the lock of one hash bucket, for threads",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    work(|| {
        futex::wake(&WORD, futex::Flags::PRIVATE, 1)?;
        Ok(())
    })
}
