// SPDX-License-Identifier: GPL-2.0

//! Results of the checks of a run: errors during it, and findings after it.

use abi::bottleneck::Finding;
use kernel::sync::SetOnce;
use measure::SingleWriter;

/// The most findings and names of errors; the others are summed up as `beyond`.
const MOST: usize = 16;

/// The findings after a run.
pub(crate) struct AllFindings([Option<Finding<'static>>; MOST]);

impl AllFindings {
    pub(crate) fn new() -> Self {
        Self([None; MOST])
    }

    /// Adds a finding; `name` is one word.
    pub(crate) fn add(&mut self, name: &'static str, seen: u64, due: u64) {
        let finding = Finding { name, seen, due };
        match self.0.iter_mut().find(|at| at.is_none()) {
            Some(free) => *free = Some(finding),
            None => self.add_errors("beyond", u64::from(seen != due)),
        }
    }

    /// Adds errors of that name, none of which are due.
    fn add_errors(&mut self, name: &'static str, times: u64) {
        let none = |name| Finding {
            name,
            seen: 0,
            due: 0,
        };
        let [all @ .., last] = &mut self.0;
        let fits = |at: &&mut Option<Finding<'_>>| at.is_none_or(|it| it.name == name);
        let finding = match all.iter_mut().find(fits) {
            Some(at) => at.get_or_insert(none(name)),
            None => last.get_or_insert(none("beyond")),
        };
        finding.seen = finding.seen.saturating_add(times);
    }

    /// Returns how much is wrong: the errors, and the findings that differ from what is due.
    pub(crate) fn wrong(&self) -> u64 {
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

/// The errors that one thread detected, by name; written by that thread only.
#[derive(Default)]
pub(crate) struct Errors([Error; MOST]);

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

impl Errors {
    /// Counts an error; `name` is one word.
    #[cold]
    #[inline(never)]
    pub(crate) fn record(&self, name: &'static str) {
        let mine = self.0.iter().find(|error| match error.name.copy() {
            None => error.name.populate(name),
            Some(other) => other == name,
        });
        if let Some(error) = mine {
            error.times.add(1);
        }
    }

    /// Adds them to the findings.
    pub(crate) fn add_to(&self, findings: &mut AllFindings) {
        for error in &self.0 {
            if let Some(name) = error.name.copy() {
                findings.add_errors(name, error.times.get());
            }
        }
    }
}
