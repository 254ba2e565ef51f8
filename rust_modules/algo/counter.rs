// SPDX-License-Identifier: GPL-2.0

//! Counters, from wrong to clever, one per file.
//!
//! | file | what is right | what it costs |
//! |---|---|---|
//! | `busted` | nothing | a load and a store |
//! | `spinlocked` | all | a lock, and its cache line |
//! | `exact` | all | an atomic, and its cache line |
//! | `percpu_exact` | all | an instruction of one's own; reading looks at every vCPU |
//! | `sloppy` | the sum; the read within a bound | an instruction of one's own, S times out of S + 1 |
//! | `hierarchical` | the same | the same; the rest goes to the node before it goes to all |
//! | `limited` | it stays below its limit | as `sloppy`, far from the limit |
//! | `sloppy_ref` | zero is seen once | as `sloppy` |
//! | `mount_count` | zero is seen once it is asked for | an instruction of one's own until then |
//! | `batched_ids` | no number comes twice | an instruction of one's own, most times |

mod batched_ids;
mod busted;
mod empty;
mod exact;
mod hierarchical;
mod limited;
mod mount_count;
mod percpu_exact;
mod reading;
mod sloppy;
mod sloppy_ref;
mod spares;
mod spinlocked;
mod word;

pub use self::{
    batched_ids::BatchedIds,
    busted::Busted,
    empty::Empty,
    exact::Exact,
    hierarchical::{
        Hierarchical,
        NODES, //
    },
    limited::Limited,
    mount_count::MountCount,
    percpu_exact::PercpuExact,
    reading::Reading,
    sloppy::Sloppy,
    sloppy_ref::SloppyRef,
    spinlocked::Spinlocked, //
};

/// A counter that many vCPUs add to.
pub trait Counter: Sync {
    /// Adds `n`, which may be negative.
    fn add(&self, n: i64);

    /// Returns the count, as cheaply as the counter can; how far it may be off is the counter's
    /// own promise.
    fn read(&self) -> i64;
}

/// Lets a function run on each vCPU in turn, as an interrupt there would.
///
/// A vCPU that is offline runs nothing; what it left is for `dead`.
pub trait EachVcpu {
    /// Runs `live` on each vCPU that is online, and `dead` for each that is not.
    fn visit(&self, live: &(dyn Fn() + Sync), dead: &(dyn Fn(u32) + Sync));
}
