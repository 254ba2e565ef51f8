// SPDX-License-Identifier: GPL-2.0

//! One list under one lock: `files_lock` in `fs/file_table.c` until 2.6.36.

use super::{
    File,
    FileList, //
};
use crate::bottleneck::{
    links::List,
    prelude::*, //
};

/// The files of all threads in one list.
#[repr(align(64))]
pub struct One<L, F> {
    lock: L,
    list: List,
    files: F,
}

impl<L: Lock, F: Storage<Item = File>> One<L, F> {
    /// Creates the list; all `files` are closed.
    pub fn new(files: F) -> Self {
        Self {
            lock: L::new(),
            list: List::default(),
            files,
        }
    }
}

impl<L: Lock, F: Storage<Item = File>> FileList for One<L, F> {
    #[inline]
    fn open(&self, file: u32, me: &Waiter) {
        self.lock.with(me, || self.list.push(&self.files, file));
    }

    #[inline]
    fn close(&self, file: u32, me: &Waiter) {
        self.lock.with(me, || self.list.remove(&self.files, file));
    }

    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        let walk = || self.list.entries(&self.files).for_each(see);
        self.lock.with(me, walk);
    }
}
