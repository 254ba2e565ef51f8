// SPDX-License-Identifier: GPL-2.0

//! One list and one lock, as it was.
//!
//! `files_lock` in `fs/file_table.c`, until 2.6.36; Piggin, "Scaling the Linux VFS", 2009.

use core::ops::Deref;

use super::{
    File,
    FileList, //
};
use crate::{
    bottleneck::links::List,
    lock::Lock,
    Waiter, //
};

/// Everyone's files in one list.
#[repr(align(64))]
pub struct One<L, F> {
    lock: L,
    list: List,
    files: F,
}

impl<L: Lock, F: Deref<Target = [File]>> One<L, F> {
    /// Creates the list; all `files` are closed.
    pub fn new(files: F) -> Self {
        Self {
            lock: L::new(),
            list: List::default(),
            files,
        }
    }
}

impl<L: Lock, F: Deref<Target = [File]> + Sync> FileList for One<L, F> {
    const NAME: &'static str = "one";

    #[inline]
    fn open(&self, file: u32, me: &Waiter) {
        self.lock.with(me, || self.list.push(&self.files, file));
    }

    #[inline]
    fn close(&self, file: u32, me: &Waiter) {
        self.lock.with(me, || self.list.remove(&self.files, file));
    }

    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        self.lock.with(me, || self.list.walk(&self.files, see));
    }
}
