// SPDX-License-Identifier: GPL-2.0

//! The names of the cases, of their variants, and of the locks within these.

choice! {
    /// What is fought over.
    Case {
        /// The table of mounts, which every path walk reads.
        MountLookup = "mount_lookup",
        /// The references to one mount.
        MountCount = "mount_count",
        /// The list of a file system's open files.
        FileList = "file_list",
        /// The components of a path.
        PathWalk = "path_walk",
        /// A hash table.
        Hash = "hash",
        /// The list of what was used last.
        Lru = "lru",
        /// The next unique number.
        Ids = "ids",
        /// A number of things done, or in use.
        Stats = "stats",
        /// The reference to a peer that the network remembers.
        PeerRef = "peer_ref",
        /// A line that is read by all, and written by all.
        Readahead = "readahead",
        /// The root of a family of mappings.
        AnonChain = "anon_chain",
        /// The lock under which a page is cleared.
        PageClear = "page_clear",
    }
}

choice! {
    /// How it is done; each case has a few of these.
    Variant {
        /// One lock around all.
        Spinlock = "spinlock",
        /// A copy for each vCPU in front of it.
        Percore = "percore",
        /// A lock for each vCPU: readers take their own, writers all.
        Brlock = "brlock",
        /// Readers take no lock.
        Rcu = "rcu",
        /// Something that matters is left out: every run of two threads must catch it.
        Busted = "busted",
        /// One atomic.
        Exact = "exact",
        /// What is hot, or short, apart from what is not.
        Split = "split",
        /// A part for each vCPU.
        Percpu = "percpu",
        /// Added up each time.
        Summed = "summed",
        /// One for all, under one lock.
        One = "one",
        /// A lock and a count on each.
        Locked = "locked",
        /// A lock for each bucket.
        Bucket = "bucket",
        /// Lookups take no lock.
        Lockfree = "lockfree",
        /// Moved to the front at every touch.
        Touch = "touch",
        /// Marked at a touch, moved when room is needed.
        Lazy = "lazy",
        /// Some at a time.
        Batched = "batched",
        /// A part for each node.
        Pernode = "pernode",
        /// A count that goes to zero and back.
        Flipping = "flipping",
        /// Collected by whoever looks up.
        Collected = "collected",
        /// On one line.
        Together = "together",
        /// Written only if it changes.
        Ifchanged = "ifchanged",
        /// Under a mutex.
        Mutex = "mutex",
        /// Under a semaphore for readers and writers.
        Rwsem = "rwsem",
        /// While the lock is held.
        Inside = "inside",
        /// Before the lock is taken.
        Outside = "outside",
        /// Each with a lock of its own.
        Processes = "processes",
    }
}

choice! {
    /// The spinlock of a variant that has one.
    Lock {
        /// The kernel's own until 4.2.
        Ticket = "ticket",
        /// What a paravirtual guest has today.
        PvQueued = "pv_queued",
    }
}
