// SPDX-License-Identifier: GPL-2.0

//! The list of counters: name, type and facts, one entry a counter, from wrong to clever.
//!
//! The enum [`Counter`], the registry of `sloppy-counter.ko` and the instances that
//! `scripts/hot-check` expects are made of it, as those of locks are of `lock_load/locks.rs`. Types
//! are paths into `algo` (`counter`) or `rig`; `[refs]` stands at reference counts, which each thread
//! gets and puts by turns.

/// Expands the macro `$then` with the list of counters.
#[macro_export]
macro_rules! counters {
    ($then:ident) => {
        $then! {
            /// None: the loop around one.
            Empty = "empty": counter::Empty [];
            /// Read, add, write, unprotected: every run of two threads must catch it.
            Busted = "busted": counter::Busted [];
            /// A number and a lock.
            Spinlocked = "spinlocked": counter::Spinlocked [];
            /// One shared atomic.
            Exact = "exact": counter::Exact [];
            /// A number on each vCPU.
            PercpuExact = "percpu_exact": counter::PercpuExact [];
            /// The kernel's `struct percpu_counter`.
            PercpuCounter = "percpu_counter": rig::PercpuCounter [];
            /// A central count and spares on each vCPU.
            Sloppy = "sloppy": counter::Sloppy [];
            /// A level between them for each node.
            Hierarchical = "hierarchical": counter::Hierarchical [];
            /// The kernel's `refcount_t`.
            Refcount = "refcount_t": rig::KernelRefcount [refs];
            /// The kernel's `struct percpu_ref`.
            PercpuRef = "percpu_ref": rig::PercpuRef [refs];
            /// References with spares on each vCPU.
            SloppyRef = "sloppy_ref": counter::SloppyRef [refs];
            /// References that are counted per vCPU until they are detached.
            MountCount = "mount_count": counter::MountCount [refs];
            /// Unique numbers, a batch of `threshold` to each vCPU.
            BatchedIds = "batched_ids": counter::BatchedIds [];
        }
    };
}

/// Declares [`Counter`].
macro_rules! declare {
    ($(
        $(#[doc = $doc:literal])* $counter:ident = $name:literal: $type:ty [$($fact:ident)?];
    )*) => {
        choice! {
            /// Counter under test.
            Counter {
                $($(#[doc = $doc])* $counter = $name,)*
            }
        }
    };
}
counters!(declare);
