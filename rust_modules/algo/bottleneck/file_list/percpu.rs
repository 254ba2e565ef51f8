// SPDX-License-Identifier: GPL-2.0

//! A list and a lock for each vCPU.
//!
//! Piggin, "Scaling the Linux VFS", 2009; in the kernel from 2.6.36 to 3.12 as an `lglock`. A file
//! remembers its list, so whoever closes it on another vCPU takes the lock that is needed there.
//! A walk takes all locks, in their order; nobody else holds two.

use core::ops::Deref;

use super::{
    File,
    FileList, //
};
use crate::{
    bottleneck::links::List,
    lock::Lock,
    primitive::here,
    Waiter, //
};

/// The files that were opened on one vCPU.
#[repr(align(128))]
pub struct Lane<L> {
    lock: L,
    list: List,
}

impl<L: Lock> Lane<L> {
    /// Creates an empty list.
    pub fn new() -> Self {
        Self {
            lock: L::new(),
            list: List::default(),
        }
    }

    /// Takes the lock of this list.
    #[inline]
    pub(super) fn with<R>(&self, me: &Waiter, body: impl FnOnce(&List) -> R) -> R {
        self.lock.with(me, || body(&self.list))
    }

    /// The list, whoever holds its lock.
    #[inline]
    pub(super) fn bare(&self) -> &List {
        &self.list
    }
}

impl<L: Lock> Default for Lane<L> {
    fn default() -> Self {
        Self::new()
    }
}

/// Each file in the list of the vCPU that it was opened on.
pub struct Percpu<F, A> {
    pub(super) files: F,
    pub(super) lanes: A,
}

impl<L: Lock, F, A> Percpu<F, A>
where
    F: Deref<Target = [File]>,
    A: Deref<Target = [Lane<L>]>,
{
    /// Creates the lists; all `files` are closed. A walk nests as deep as there are lanes; vCPUs
    /// beyond them share.
    pub fn new(files: F, lanes: A) -> Self {
        Self { files, lanes }
    }

    /// The lane of the vCPU that this runs on, and its number.
    #[inline]
    pub(super) fn here(&self) -> Option<(u32, &Lane<L>)> {
        let lane = here().checked_rem(self.lanes.len() as u32)?;
        Some((lane, self.lanes.get(lane as usize)?))
    }

    /// The file, and the lane that it is on.
    #[inline]
    pub(super) fn home(&self, file: u32) -> Option<&Lane<L>> {
        let lane = self.files.get(file as usize)?.lane.get();
        self.lanes.get(lane as usize)
    }
}

impl<L, F, A> FileList for Percpu<F, A>
where
    L: Lock,
    F: Deref<Target = [File]> + Sync,
    A: Deref<Target = [Lane<L>]> + Sync,
{
    const NAME: &'static str = "percpu";

    #[inline]
    fn open(&self, file: u32, me: &Waiter) {
        let Some((number, lane)) = self.here() else {
            return;
        };
        lane.with(me, |list| {
            if let Some(file) = self.files.get(file as usize) {
                file.lane.set(number);
            }
            list.push(&self.files, file);
        });
    }

    #[inline]
    fn close(&self, file: u32, me: &Waiter) {
        if let Some(lane) = self.home(file) {
            lane.with(me, |list| list.remove(&self.files, file));
        }
    }

    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        holding(&self.lanes, me, &mut || {
            for lane in self.lanes.iter() {
                lane.bare().walk(&self.files, &mut *see);
            }
        });
    }
}

/// Runs `body` holding all locks.
fn holding<L: Lock>(lanes: &[Lane<L>], me: &Waiter, body: &mut dyn FnMut()) {
    match lanes.split_first() {
        None => body(),
        Some((first, rest)) => first.lock.with(me, || holding(rest, me, body)),
    }
}
