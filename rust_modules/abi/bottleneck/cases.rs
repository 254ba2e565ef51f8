// SPDX-License-Identifier: GPL-2.0

//! What each case is about: where it was found, what is fought over, and its variants.

use super::{
    Case,
    Variant, //
};

/// What a case is about.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The case.
    pub case: Case,
    /// Where it was found: author and title.
    pub seed: &'static str,
    /// What is fought over.
    pub resource: &'static str,
    /// Its variants, from the original to what today's kernel does; `busted` last.
    pub variants: &'static [Variant],
    /// Settings that put what it promises to the test, in which `busted` has to be caught.
    pub check: &'static str,
    /// Those that have a spinlock, which [`super::Lock`] chooses.
    pub locked: &'static [Variant],
}

const VFS: &str = "Piggin, \"Scaling the Linux VFS\"";

use Variant::{
    Exact,
    Percpu, //
};

/// The cases that there are.
pub const CASES: &[About] = &[About {
    case: Case::Stats,
    seed: VFS,
    resource: "a number of inodes, written at every creation and every end",
    variants: &[Exact, Percpu],
    check: "every=64",
    locked: &[],
}];

impl Case {
    /// What it is about; nothing of a name that is no case yet.
    pub fn about(self) -> Option<&'static About> {
        CASES.iter().find(|about| about.case == self)
    }
}

impl About {
    /// The variant that the case was found with.
    pub fn original(&self) -> Option<Variant> {
        self.variants.first().copied()
    }
}
