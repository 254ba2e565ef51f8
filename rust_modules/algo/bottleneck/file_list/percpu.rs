// SPDX-License-Identifier: GPL-2.0

//! One list and one lock per vCPU.
//!
//! Piggin, "Scaling the Linux VFS", 2009; in the kernel from 2.6.36 to 3.12 as an `lglock`. A file
//! records its list, so a thread that closes it on another vCPU takes the lock of that list. A walk
//! takes all locks, in order; no other operation holds two.

use super::{
    File,
    FileList, //
};
use crate::bottleneck::{
    guarded::with_all,
    links::List,
    prelude::*,
    Guarded, //
};

/// The files that were opened on one vCPU.
pub type Lane<L> = Guarded<L, List>;

/// Each file in the list of the vCPU that opened it.
pub struct Percpu<F, A, const BUSTED: bool = false> {
    files: F,
    lanes: A,
}

/// As [`Percpu`], but closing takes the lock of the current vCPU; the oracle must catch it.
pub type Busted<F, A> = Percpu<F, A, true>;

impl<L, F, A, const BUSTED: bool> Percpu<F, A, BUSTED>
where
    L: Lock,
    F: Storage<Item = File>,
    A: Storage<Item = Lane<L>>,
{
    /// Creates the lists; all `files` are closed. A walk nests as deep as there are lanes; vCPUs
    /// beyond them share.
    pub fn new(files: F, lanes: A) -> Self {
        Self { files, lanes }
    }

    /// Returns the lane of this vCPU, and its number.
    #[inline]
    fn here(&self) -> Option<(u32, &Lane<L>)> {
        let lane = here().checked_rem(self.lanes.len() as u32)?;
        Some((lane, self.lanes.get(lane as usize)?))
    }

    /// Returns the lane that lists the file.
    #[inline]
    fn home(&self, file: u32) -> Option<&Lane<L>> {
        // The owner of a file has seen all that happened to it.
        let lane = self.files.get(file as usize)?.lane.load(Relaxed);
        self.lanes.get(lane as usize)
    }
}

impl<L, F, A, const BUSTED: bool> FileList for Percpu<F, A, BUSTED>
where
    L: Lock,
    F: Storage<Item = File>,
    A: Storage<Item = Lane<L>>,
{
    #[inline]
    fn open(&self, file: u32, me: &Waiter) {
        let Some((number, lane)) = self.here() else {
            return;
        };
        lane.with(me, |list| {
            if let Some(file) = self.files.get(file as usize) {
                file.lane.store(number, Relaxed);
            }
            list.push(&self.files, file);
        });
    }

    #[inline]
    fn close(&self, file: u32, me: &Waiter) {
        let Some(home) = self.home(file) else {
            return;
        };
        let locked = match BUSTED {
            true => self.here().map(|(_, lane)| lane),
            false => Some(home),
        };
        if let Some(locked) = locked {
            locked.with(me, |_| home.data.remove(&self.files, file));
        }
    }

    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        with_all(&self.lanes, me, &mut || {
            for lane in self.lanes.iter() {
                lane.data.entries(&self.files).for_each(&mut *see);
            }
        });
    }
}
