// SPDX-License-Identifier: GPL-2.0

//! The list of bottlenecks: name, module of the workload, and facts, one entry each.
//!
//! Everything that enumerates bottlenecks is made of this list: the enum [`Kind`] and its
//! [`facts`](Kind::facts) here, the registry of `bottleneck.ko`, the guest tests, and
//! `bottleneck list`, `check` and `compare`. An entry reads
//!
//! ```text
//! /// Contended resource
//! Kind = "name": module, SOURCE, variants [baseline, …, Busted], locked [variants with a spinlock],
//!     check "settings in which check runs it", compare "settings in which compare runs it";
//! ```
//!
//! In the settings of `check` the busted variant has to be caught.

use super::{
    Lock,
    Variant::{
        self,
        *, //
    }, //
};

/// Expands the macro `$then` with the list of bottlenecks.
#[macro_export]
macro_rules! bottlenecks {
    ($then:ident) => {
        $then! {
            /// Open-file list of a file system, written by open and close
            FileList = "file_list": file_list, VFS, variants [One, Percpu, Busted],
                locked [One, Percpu, Busted], check "every=2 write_permille=5", compare "";
            /// Locks and counts of the directories of a path
            PathWalk = "path_walk": path_walk, KLEEN, variants [Locked, Rcu],
                locked [Locked, Rcu], check "depth=8 every=8 write_permille=50", compare "";
            /// Hash table of inodes or dentries
            Hash = "hash": hash, VFS, variants [One, Bucket, Lockfree, Busted],
                locked [One, Bucket, Lockfree, Busted],
                check "depth=8 size=32 write_permille=100", compare "";
            /// Page list in LRU order
            Lru = "lru": lru, KLEEN, variants [Touch, Lazy, Batched, Pernode],
                locked [Touch, Lazy, Batched, Pernode], check "write_permille=100", compare "";
            /// Mount table, read by every path walk and rarely written
            MountLookup = "mount_lookup": mount_lookup, MANY,
                variants [Spinlock, Percore, Brlock, Rcu, Busted],
                locked [Spinlock, Percore, Brlock, Rcu, Busted],
                check "size=4 write_permille=50", compare "";
            /// Reference count of a mount
            MountCount = "mount_count": mount_count, KLEEN,
                variants [Exact, Summed, Split, Percpu],
                locked [Summed, Split], check "size=16 write_permille=5", compare "size=1";
            /// Next unique inode number
            Ids = "ids": ids, VFS, variants [Exact, Percpu, Busted],
                locked [], check "size=16", compare "size=1024";
            /// Number of inodes, written at every creation and removal
            Stats = "stats": stats, VFS, variants [Exact, Percpu],
                locked [], check "every=64", compare "";
            /// List of unused peers of the network
            PeerRef = "peer_ref": peer_ref, KLEEN, variants [Flipping, Collected, Busted],
                locked [Flipping, Collected, Busted],
                check "lock=pv_queued size=1 write_permille=200", compare "";
            /// Cache line of an open file, read and written by every page fault
            Readahead = "readahead": readahead, KLEEN, variants [Together, Split, Ifchanged],
                locked [], check "write_permille=200", compare "";
            /// Lock of the root anon_vma, taken at every fork and exit
            AnonChain = "anon_chain": anon_chain, KLEEN,
                variants [Spinlock, Mutex, Rwsem, Batched],
                locked [Spinlock, Batched], check "every=16", compare "";
            /// Lock of an address space, held while a page is cleared
            PageClear = "page_clear": page_clear, KLEEN, variants [Inside, Outside, Processes],
                locked [Inside, Outside, Processes],
                check "size=8 write_permille=500 every=4", compare "";
        }
    };
}

const MANY: &str = "Boyd-Wickizer et al., \"An Analysis of Linux Scalability to Many Cores\"";
const VFS: &str = "Piggin, \"Scaling the Linux VFS\"";
const KLEEN: &str = "Kleen and Chen, \"Linux kernel scaling\"";

/// Facts of a bottleneck.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The bottleneck.
    pub kind: Kind,
    /// The publication that reports it: author and title.
    pub source: &'static str,
    /// The contended resource.
    pub resource: &'static str,
    /// Its variants: the baseline, the fixes up to today's kernel, and `busted`.
    pub variants: &'static [Variant],
    /// The variants with a spinlock, which [`Lock`] chooses.
    pub locked: &'static [Variant],
    /// Settings that put its promises to the test.
    pub check: &'static str,
    /// Settings other than the defaults in which its variants are compared.
    pub compare: &'static str,
}

/// Declares [`Kind`] and its facts.
macro_rules! declare {
    ($(
        #[doc = $doc:literal]
        $kind:ident = $name:literal: $module:ident, $source:ident, variants [$($variant:ident),*],
            locked [$($locked:ident),*], check $check:literal, compare $compare:literal;
    )*) => {
        choice! {
            /// A bottleneck.
            Kind {
                $(#[doc = $doc] $kind = $name,)*
            }
        }

        impl Kind {
            /// Returns the facts of the bottleneck.
            pub const fn facts(self) -> &'static Facts {
                match self {
                    $(Self::$kind => const { &Facts {
                        kind: Self::$kind,
                        source: $source,
                        resource: $doc.trim_ascii_start(),
                        variants: &[$($variant),*],
                        locked: &[$($locked),*],
                        check: $check,
                        compare: $compare,
                    } },)*
                }
            }
        }
    };
}
bottlenecks!(declare);

impl Facts {
    /// Returns the facts of all bottlenecks.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        Kind::ALL.iter().map(|kind| kind.facts())
    }

    /// Returns the variant that the fixes are compared with.
    pub fn baseline(&self) -> Option<Variant> {
        self.variants.first().copied()
    }

    /// Returns the locks that a variant is tested with; one without a spinlock is tested once.
    pub fn locks(&self, variant: Variant) -> &'static [Lock] {
        match (self.locked.contains(&variant), variant) {
            // In the storm of a ticket lock too little happens for anything to go wrong.
            (true, Variant::Busted) => &[Lock::PvQueued],
            (true, _) => Lock::ALL,
            (false, _) => &[Lock::Ticket],
        }
    }
}
