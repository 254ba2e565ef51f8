// SPDX-License-Identifier: GPL-2.0

//! Per-thread counts of a run; the thread alone writes them.

use crate::prelude::*;
use abi::event::Event;
use algo::primitive::Vcpu;

/// Counts of one thread.
#[derive(Default)]
pub(crate) struct ThreadCounts {
    /// Completed critical sections, or rounds of a trial.
    pub(crate) sections: SingleWriter,
    /// In the order of [`Events::NAMES`].
    events: [SingleWriter; Events::NAMES.len()],
    /// The vCPU that the thread ran on last.
    vcpu: SingleWriter,
    /// When the thread turned preemption off for sections; 0 if it is on.
    pub(crate) pinned_ns: SingleWriter,
}

impl ThreadCounts {
    /// Creates the counts of `threads` threads.
    pub(crate) fn list(threads: u32) -> Result<KVVec<Padded<Self>>> {
        let mut list = KVVec::with_capacity(threads as usize, may_fail())?;
        for _ in 0..threads {
            list.push(Padded(Self::default()), GFP_KERNEL)?;
        }
        Ok(list)
    }

    /// Stores the final counts of the thread, which leaves the run.
    pub(crate) fn close(&self, sections: u64, events: &Events) {
        self.sections.set(sections);
        for (to, (_, count)) in self.events.iter().zip(events.iter()) {
            to.set(count);
        }
    }

    /// Returns the count of the event `name`.
    pub(crate) fn event(&self, name: &str) -> u64 {
        let mut events = Events::NAMES.iter().zip(&self.events);
        let found = events.find(|&(&other, _)| other == name);
        found.map_or(0, |(_, count)| count.get())
    }

    /// Stores the vCPU that the thread runs on.
    pub(crate) fn set_vcpu(&self) {
        self.vcpu.set(Vcpu::current().number().into());
    }

    /// Returns the vCPU that the thread ran on last.
    pub(crate) fn vcpu(&self) -> u32 {
        self.vcpu.get() as u32
    }
}

/// Returns the count of the event `name` of all threads.
pub(crate) fn event(counts: &[Padded<ThreadCounts>], name: &str) -> u64 {
    counts
        .iter()
        .fold(0, |sum, thread| sum.wrapping_add(thread.event(name)))
}

/// Returns all events with their counts of all threads.
pub(crate) fn events(counts: &[Padded<ThreadCounts>]) -> impl Iterator<Item = Event<'static>> + '_ {
    let names = Events::NAMES.iter().copied();
    names.map(|name| Event {
        name,
        count: event(counts, name),
    })
}
