// SPDX-License-Identifier: GPL-2.0

//! What was seen, and what was due.

use abi::bottleneck::Finding;
use kernel::sync::SetOnce;
use rig::SingleWriter;

/// How many findings, and names of errors, a case may have; those beyond are not told apart.
const MOST: usize = 16;

/// What a case found once all threads had left.
pub(crate) struct Findings([Option<Finding<'static>>; MOST]);

impl Findings {
    pub(crate) fn new() -> Self {
        Self([None; MOST])
    }

    /// Notes that `seen` was seen where `due` was due; `name` is one word.
    pub(crate) fn add(&mut self, name: &'static str, seen: u64, due: u64) {
        let finding = Finding { name, seen, due };
        match self.0.iter_mut().find(|at| at.is_none()) {
            Some(free) => *free = Some(finding),
            None => self.wrong("beyond", u64::from(seen != due)),
        }
    }

    /// Adds to the errors of that name, none of which are due.
    pub(crate) fn wrong(&mut self, name: &'static str, times: u64) {
        let [all @ .., last] = &mut self.0;
        let mut named = all.iter_mut().flatten();
        if let Some(finding) = named.find(|it| it.name == name) {
            finding.seen = finding.seen.saturating_add(times);
            return;
        }
        let new = Finding {
            name,
            seen: times,
            due: 0,
        };
        match all.iter_mut().find(|at| at.is_none()) {
            Some(free) => *free = Some(new),
            None => {
                let beyond = last.get_or_insert(Finding {
                    name: "beyond",
                    seen: 0,
                    due: 0,
                });
                beyond.seen = beyond.seen.saturating_add(times);
            }
        }
    }

    /// Returns how much is wrong: errors that were seen, and findings that were not as due.
    pub(crate) fn wrongs(&self) -> u64 {
        let each = self.iter().map(|finding| match finding.due {
            0 => finding.seen,
            due => (finding.seen != due).into(),
        });
        each.fold(0, u64::saturating_add)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding<'static>> {
        self.0.iter().flatten()
    }
}

/// The errors that one thread has seen, by name. It alone writes them.
#[derive(Default)]
pub(crate) struct Found([Error; MOST]);

struct Error {
    name: SetOnce<&'static str>,
    times: SingleWriter,
}

impl Default for Error {
    fn default() -> Self {
        Self {
            name: SetOnce::new(),
            times: SingleWriter::default(),
        }
    }
}

impl Found {
    /// Counts an error seen during the run; `name` is one word.
    #[cold]
    #[inline(never)]
    pub(crate) fn wrong(&self, name: &'static str) {
        let mine = self.0.iter().find(|error| match error.name.copy() {
            None => error.name.populate(name),
            Some(other) => other == name,
        });
        if let Some(error) = mine {
            error.times.add(1);
        }
    }

    /// Adds them to what the case found.
    pub(crate) fn tell(&self, to: &mut Findings) {
        for error in &self.0 {
            if let Some(name) = error.name.copy() {
                to.wrong(name, error.times.get());
            }
        }
    }
}
