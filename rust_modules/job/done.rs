// SPDX-License-Identifier: GPL-2.0

//! What a job came to.

use abi::job_runner::JobEnd;
use algo::primitive::Relaxed;
use kernel::prelude::*;

use crate::slot::{
    Slot,
    Slots, //
};

/// The first error of a job.
#[derive(Clone, Copy)]
pub struct Fault {
    /// The error.
    pub errno: Error,
    /// The index that failed.
    pub index: u64,
    /// The first index of its chunk …
    pub chunk_start: u64,
    /// … and where that ends.
    pub chunk_end: u64,
    /// Who did it.
    pub worker: u32,
}

/// What a job came to.
pub struct Done {
    /// How it ended.
    pub ended: JobEnd,
    /// The first error, if something failed.
    pub fault: Option<Fault>,
    /// When it was called.
    pub called_ns: u64,
    /// When all was done, and before anything was undone.
    pub returned_ns: u64,
    /// Helpers that were worth their start.
    pub wanted: u32,
    /// Helpers that could be had.
    pub helpers: u32,
    /// Indices undone.
    pub undone: u64,
    /// Ranges to be undone that overlapped one before.
    pub disorder: u64,
    /// How long undoing took.
    pub undo_ns: u64,
    pub(crate) slots: Slots,
}

impl Done {
    /// Returns the error, if it did not end well.
    pub fn result(&self) -> Result {
        match (self.ended, self.fault) {
            (JobEnd::Done, _) => Ok(()),
            (JobEnd::Deadline, _) => Err(ETIMEDOUT),
            (JobEnd::Failed, Some(fault)) => Err(fault.errno),
            _ => Err(ECANCELED),
        }
    }

    /// Returns what each worker did, the caller first.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    /// Returns the time from the call until the first chunk was taken.
    pub fn first_ns(&self) -> u64 {
        let firsts = self.slots().map(|slot| slot.first_ns.load(Relaxed));
        let first = firsts.filter(|&ns| ns > 0).min();
        first
            .unwrap_or(self.returned_ns)
            .saturating_sub(self.called_ns)
    }

    /// Returns the time from the end of the last chunk until the return.
    pub fn last_ns(&self) -> u64 {
        self.returned_ns.saturating_sub(self.last_chunk())
    }

    /// Returns the time from when the first worker found nothing left until the last chunk was
    /// done.
    pub fn tail_ns(&self) -> u64 {
        let present = self.slots().filter(|slot| slot.absent.load(Relaxed) == 0);
        let ends = present.map(|slot| slot.ended_ns.load(Relaxed));
        let first = ends.filter(|&ns| ns > 0).min().unwrap_or(u64::MAX);
        self.last_chunk().saturating_sub(first)
    }

    fn last_chunk(&self) -> u64 {
        let lasts = self.slots().map(|slot| slot.last_ns.load(Relaxed));
        lasts.max().unwrap_or(0).max(self.called_ns)
    }
}
