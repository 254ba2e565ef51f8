// SPDX-License-Identifier: GPL-2.0

//! What each case is about: where it was found, what is fought over, and its variants.

use super::{
    Case,
    Lock,
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

impl About {
    /// The locks with which a variant is put to the test; one that has none, with the one that every
    /// run names.
    pub fn locks(&self, variant: Variant) -> &'static [Lock] {
        match (self.locked.contains(&variant), variant) {
            // In the storm of a ticket lock too little happens for anything to go wrong.
            (true, Variant::Busted) => &[Lock::PvQueued],
            (true, _) => Lock::ALL,
            (false, _) => &[Lock::Ticket],
        }
    }
}

const MANY: &str = "Boyd-Wickizer et al., \"An Analysis of Linux Scalability to Many Cores\"";
const VFS: &str = "Piggin, \"Scaling the Linux VFS\"";
const KLEEN: &str = "Kleen and Chen, \"Linux kernel scaling\"";

use Variant::{
    Batched,
    Brlock,
    Bucket,
    Busted,
    Collected,
    Exact,
    Flipping,
    Ifchanged,
    Inside,
    Lazy,
    Locked,
    Lockfree,
    Mutex,
    One,
    Outside,
    Percore,
    Percpu,
    Pernode,
    Processes,
    Rcu,
    Rwsem,
    Spinlock,
    Split,
    Summed,
    Together,
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
        check: "depth=8 size=32 write_permille=100",
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
        case: Case::MountLookup,
        seed: MANY,
        resource: "the table of mounts: read by every path walk, hardly ever written",
        variants: &[Spinlock, Percore, Brlock, Rcu, Busted],
        check: "size=4 write_permille=50",
        locked: &[Spinlock, Percore, Brlock, Rcu, Busted],
    },
    About {
        case: Case::MountCount,
        seed: KLEEN,
        resource: "the count of references to a mount",
        variants: &[Exact, Summed, Split, Percpu],
        check: "size=16 write_permille=5",
        locked: &[Summed, Split],
    },
    About {
        case: Case::Ids,
        seed: VFS,
        resource: "the next number of an inode",
        variants: &[Exact, Percpu, Busted],
        check: "size=16",
        locked: &[],
    },
    About {
        case: Case::Stats,
        seed: VFS,
        resource: "a number of inodes, written at every creation and every end",
        variants: &[Exact, Percpu],
        check: "every=64",
        locked: &[],
    },
    About {
        case: Case::PeerRef,
        seed: KLEEN,
        resource: "the list of the addresses that nobody talks to just now",
        variants: &[Flipping, Collected, Busted],
        check: "lock=pv_queued size=1 write_permille=200",
        locked: &[Flipping, Collected, Busted],
    },
    About {
        case: Case::Readahead,
        seed: KLEEN,
        resource: "the line of an open file, read and written by every page fault",
        variants: &[Together, Split, Ifchanged],
        check: "write_permille=200",
        locked: &[],
    },
    About {
        case: Case::AnonChain,
        seed: KLEEN,
        resource: "the lock of the first ancestor, taken at every fork and every exit",
        variants: &[Spinlock, Mutex, Rwsem, Batched],
        check: "every=16",
        locked: &[Spinlock, Batched],
    },
    About {
        case: Case::PageClear,
        seed: KLEEN,
        resource: "the lock of an address space, while a page is cleared",
        variants: &[Inside, Outside, Processes],
        check: "size=8 write_permille=500 every=4",
        locked: &[Inside, Outside, Processes],
    },
];

impl Case {
    /// What it is about; nothing of a name that is no case yet.
    pub fn about(self) -> Option<&'static About> {
        CASES.iter().find(|about| about.case == self)
    }

    /// Settings other than the defaults in which its variants are compared.
    pub fn usual(self) -> &'static str {
        match self {
            // Everyone opens files of the same file system.
            Self::MountCount => "size=1",
            Self::Ids => "size=1024",
            _ => "",
        }
    }
}

impl About {
    /// The variant that the case was found with.
    pub fn original(&self) -> Option<Variant> {
        self.variants.first().copied()
    }
}
