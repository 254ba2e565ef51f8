// SPDX-License-Identifier: GPL-2.0

//! Names of the variants of bottlenecks, and of the spinlocks in them.

choice! {
    /// An implementation; each bottleneck has some of these.
    Variant {
        /// One spinlock
        Spinlock = "spinlock",
        /// A cache per vCPU, in front of one lock
        Percore = "percore",
        /// One lock per vCPU: readers take theirs, writers take all
        Brlock = "brlock",
        /// Readers take no lock
        Rcu = "rcu",
        /// Broken on purpose: every run of two threads must catch it
        Busted = "busted",
        /// One atomic
        Exact = "exact",
        /// Hot data, or short-term references, apart from the rest
        Split = "split",
        /// One part per vCPU
        Percpu = "percpu",
        /// Per-vCPU counts, summed up on each put
        Summed = "summed",
        /// One list or table under one lock
        One = "one",
        /// A lock and a count in each component
        Locked = "locked",
        /// One lock per bucket
        Bucket = "bucket",
        /// Lookups take no lock
        Lockfree = "lockfree",
        /// Moved to the front on each touch
        Touch = "touch",
        /// Marked on a touch, moved on eviction
        Lazy = "lazy",
        /// Many at once
        Batched = "batched",
        /// One part per node
        Pernode = "pernode",
        /// A count that keeps dropping to zero, and a list of the unused
        Flipping = "flipping",
        /// Unused entries are freed by the misses that pass them
        Collected = "collected",
        /// On one cache line
        Together = "together",
        /// Written only if the value changes
        Ifchanged = "ifchanged",
        /// Under a mutex
        Mutex = "mutex",
        /// Under a read-write semaphore
        Rwsem = "rwsem",
        /// With the lock held
        Inside = "inside",
        /// Before the lock is taken
        Outside = "outside",
        /// One lock per thread
        Processes = "processes",
    }
}

choice! {
    /// The spinlock of a variant that has one.
    Lock {
        /// The kernel's until 4.2
        Ticket = "ticket",
        /// The lock of a paravirtual guest today
        PvQueued = "pv_queued",
    }
}
