// SPDX-License-Identifier: GPL-2.0

//! The list of counters: name, type and facts, one entry a counter, from wrong to clever.
//!
//! The enum [`Counter`] and its [`facts`](Counter::facts), the registry of `sloppy-counter.ko` and the
//! instances that `scripts/hot-check` expects are made of it, as those of locks are of
//! `lock_load/locks.rs`. Types are paths into `algo` (`counter`) or `rig`; facts are fields of
//! [`Facts`] that are true.

/// Expands the macro `$then` with the list of counters.
#[macro_export]
macro_rules! counters {
    ($then:ident) => {
        $then! {
            /// None: the loop around one.
            Empty = "empty": counter::Empty [irq_safe];
            /// Read, add, write, unprotected: every run of two threads must catch it.
            Busted = "busted": counter::Busted [irq_safe];
            /// A number and a lock.
            Spinlocked = "spinlocked": counter::Spinlocked [];
            /// One shared atomic.
            Exact = "exact": counter::Exact [irq_safe];
            /// A number on each vCPU.
            PercpuExact = "percpu_exact": counter::PercpuExact [irq_safe];
            /// The kernel's `struct percpu_counter`.
            PercpuCounter = "percpu_counter": rig::PercpuCounter [irq_safe];
            /// A central count and spares on each vCPU.
            Sloppy = "sloppy": counter::Sloppy [irq_safe];
            /// A level between them for each node.
            Hierarchical = "hierarchical": counter::Hierarchical [irq_safe];
            /// The kernel's `refcount_t`.
            Refcount = "refcount_t": rig::KernelRefcount [refs, irq_safe];
            /// The kernel's `struct percpu_ref`.
            PercpuRef = "percpu_ref": rig::PercpuRef [refs, irq_safe];
            /// References with spares on each vCPU.
            SloppyRef = "sloppy_ref": counter::SloppyRef [refs, irq_safe];
            /// References that are counted per vCPU until they are detached.
            MountCount = "mount_count": counter::MountCount [refs, irq_safe];
            /// Unique numbers, a batch of `threshold` to each vCPU.
            BatchedIds = "batched_ids": counter::BatchedIds [irq_safe];
        }
    };
}

/// Promises and needs of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// It counts references, which each thread gets and puts by turns.
    pub refs: bool,
    /// An interrupt may add to it, whatever the interrupted task does.
    pub irq_safe: bool,
}

impl Facts {
    const NONE: Self = Self {
        refs: false,
        irq_safe: false,
    };
}

/// Declares [`Counter`] and its facts.
macro_rules! declare {
    ($(
        $(#[doc = $doc:literal])* $counter:ident = $name:literal: $type:ty [$($fact:ident),*];
    )*) => {
        choice! {
            /// Counter under test.
            Counter {
                $($(#[doc = $doc])* $counter = $name,)*
            }
        }

        impl Counter {
            /// Returns what the counter promises and needs.
            #[allow(clippy::needless_update, reason = "some counters have every fact")]
            pub const fn facts(self) -> Facts {
                match self {
                    $(Self::$counter => Facts { $($fact: true,)* ..Facts::NONE },)*
                }
            }
        }
    };
}
counters!(declare);
