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
const KLEEN: &str = "Kleen and Chen, \"Linux kernel scaling\"";

use Variant::{
    Batched,
    Bucket,
    Busted,
    Exact,
    Lazy,
    Locked,
    Lockfree,
    One,
    Percpu,
    Pernode,
    Rcu,
    Touch, //
};

/// The cases that there are.
pub const CASES: &[About] = &[
    About {
        case: Case::FileList,
        seed: VFS,
        resource: "the list of a file system's open files, changed by open and close",
        variants: &[One, Percpu, Busted],
        check: "every=2 write_permille=5",
        locked: &[One, Percpu, Busted],
    },
    About {
        case: Case::PathWalk,
        seed: KLEEN,
        resource: "locks and counts of the directories of a path",
        variants: &[Locked, Rcu],
        check: "depth=8 every=8 write_permille=50",
        locked: &[Locked, Rcu],
    },
    About {
        case: Case::Hash,
        seed: VFS,
        resource: "the hash table of inodes, or of directory entries",
        variants: &[One, Bucket, Lockfree, Busted],
        check: "depth=8 size=32 write_permille=200",
        locked: &[One, Bucket, Lockfree, Busted],
    },
    About {
        case: Case::Lru,
        seed: KLEEN,
        resource: "the list of pages by last use",
        variants: &[Touch, Lazy, Batched, Pernode],
        check: "write_permille=100",
        locked: &[Touch, Lazy, Batched, Pernode],
    },
    About {
        case: Case::Stats,
        seed: VFS,
        resource: "a number of inodes, written at every creation and every end",
        variants: &[Exact, Percpu],
        check: "every=64",
        locked: &[],
    },
];

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
