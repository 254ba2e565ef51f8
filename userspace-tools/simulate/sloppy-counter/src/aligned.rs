// SPDX-License-Identifier: GPL-2.0

//! A work at the beginning of a cache line, so that which of its words share one does not depend on the
//! allocator.

use core::fmt;

use rig::{Text, Worker};

use crate::work::{EventCounts, Report, Work};

#[repr(align(128))]
pub(crate) struct Aligned<W>(pub(crate) W);

impl<W: Work> Work for Aligned<W> {
    fn thread(&self, worker: &Worker<'_>) {
        self.0.thread(worker);
    }

    fn operations(&self, index: usize) -> u64 {
        self.0.operations(index)
    }
}

impl<W: Report> Report for Aligned<W> {
    fn write(&self, elapsed_ns: u64, events: &EventCounts, to: &mut Text) -> fmt::Result {
        self.0.write(elapsed_ns, events, to)
    }
}
