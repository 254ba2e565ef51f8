// SPDX-License-Identifier: GPL-2.0

//! What was seen, and what was due.

use core::cell::Cell;

/// Something that must be so: wrong if `seen` is not `due`.
#[derive(Clone, Copy)]
pub(crate) struct Finding {
    pub(crate) name: &'static str,
    pub(crate) seen: u64,
    pub(crate) due: u64,
}

/// How many findings, and names of errors, a case may have.
const MOST: usize = 16;

/// What a case found once all threads had left.
pub(crate) struct Findings {
    all: [Option<Finding>; MOST],
}

impl Findings {
    pub(crate) fn new() -> Self {
        Self { all: [None; MOST] }
    }

    /// Notes that `seen` was seen where `due` was due; `name` is one word.
    pub(crate) fn add(&mut self, name: &'static str, seen: u64, due: u64) {
        let finding = Finding { name, seen, due };
        if let Some(free) = self.all.iter_mut().find(|at| at.is_none()) {
            *free = Some(finding);
        }
    }

    /// Adds to the errors of the name, none of which are due.
    pub(crate) fn wrong(&mut self, name: &'static str, times: u64) {
        match self.all.iter_mut().flatten().find(|it| it.name == name) {
            Some(finding) => finding.seen = finding.seen.wrapping_add(times),
            None => self.add(name, times, 0),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.all.iter().flatten()
    }
}

/// The errors that one thread has seen, by name. It belongs to that thread.
#[derive(Default)]
pub(crate) struct Found([Cell<Option<(&'static str, u64)>>; MOST]);

impl Found {
    /// Counts an error seen during the run; `name` is one word.
    #[cold]
    #[inline(never)]
    pub(crate) fn wrong(&self, name: &'static str) {
        let of = |at: &&Cell<Option<(&'static str, u64)>>| match at.get() {
            None => true,
            Some((other, _)) => other == name,
        };
        if let Some(at) = self.0.iter().find(of) {
            let times = at.get().map_or(0, |(_, times)| times);
            at.set(Some((name, times.saturating_add(1))));
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().filter_map(Cell::get)
    }
}
