// SPDX-License-Identifier: GPL-2.0

//! Per-vCPU lists whose files are closed under the wrong lock, so that every run can show it
//! would notice.
//!
//! What Piggin, "Scaling the Linux VFS", 2009, counts among the costs is forgotten here: a file
//! may be closed on another vCPU than the one it was opened on.

use core::ops::Deref;

use super::{
    File,
    FileList,
    Lane,
    Percpu, //
};
use crate::{
    lock::Lock,
    Waiter, //
};

/// As [`Percpu`], but closing takes the lock of the vCPU that one is on.
pub struct Busted<F, A>(Percpu<F, A>);

impl<L: Lock, F, A> Busted<F, A>
where
    F: Deref<Target = [File]>,
    A: Deref<Target = [Lane<L>]>,
{
    /// Creates the lists, as [`Percpu::new`] does.
    pub fn new(files: F, lanes: A) -> Self {
        Self(Percpu::new(files, lanes))
    }
}

impl<L, F, A> FileList for Busted<F, A>
where
    L: Lock,
    F: Deref<Target = [File]> + Sync,
    A: Deref<Target = [Lane<L>]> + Sync,
{
    const NAME: &'static str = "busted";

    #[inline]
    fn open(&self, file: u32, me: &Waiter) {
        self.0.open(file, me);
    }

    #[inline]
    fn close(&self, file: u32, me: &Waiter) {
        if let (Some(home), Some((_, here))) = (self.0.home(file), self.0.here()) {
            here.with(me, |_| home.bare().remove(&self.0.files, file));
        }
    }

    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        self.0.walk(me, see);
    }
}
