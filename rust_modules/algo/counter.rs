// SPDX-License-Identifier: GPL-2.0

//! Counters, from wrong to scalable, one per file; `abi/sloppy_counter.rs` names them.
//!
//! | file | what is right | what it costs |
//! |---|---|---|
//! | `busted` | nothing | a load and a store |
//! | `spinlocked` | all | a spinlock, and its cache line |
//! | `exact` | all | an atomic, and its cache line |
//! | `percpu_exact` | all | a per-CPU instruction; a read sums all vCPUs |
//! | `sloppy` | the sum; the read within a bound | a per-CPU instruction, S times out of S + 1 |
//! | `hierarchical` | the same | the same; the rest goes to the node before it goes to all |
//! | `limited` | it stays below its limit | as `sloppy`, far from the limit |
//! | `sloppy_ref` | zero is seen once | as `sloppy` |
//! | `mount_count` | zero is seen once, after `detach` | a per-CPU instruction until then |
//! | `batched_ids` | no number comes twice | a per-CPU instruction, most times |

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

/// Runs a function on each vCPU in turn, as an interrupt there would.
///
/// A vCPU that is offline runs nothing; `dead` handles what it left.
pub trait EachVcpu {
    /// Runs `live` on each vCPU that is online, and `dead` for each that is not.
    fn visit(&self, live: &(dyn Fn() + Sync), dead: &(dyn Fn(u32) + Sync));
}
