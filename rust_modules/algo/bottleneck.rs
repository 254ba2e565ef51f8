// SPDX-License-Identifier: GPL-2.0

//! Scalability bottlenecks of the Linux kernel: the baseline, its fixes, and today's kernel.
//!
//! From Piggin, "Scaling the Linux VFS", LinuxCon 2009; Kleen and Chen, "Linux kernel scaling",
//! 2011; and Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", OSDI 2010.
//!
//! | bottleneck | contended resource | variants, baseline first |
//! |---|---|---|
//! | `file_list` | list of the open files of a file system | one, percpu |
//! | `anon_chain` | lock of the root `anon_vma` | per link, batched |
//! | `page_clear` | lock of an address space | inside, outside, processes |
//! | `mount_count` | reference count of a mount | exact, summed, split, percpu |
//! | `ids` | next unique number | exact, percpu |
//! | `mount_lookup` | mount hash table | spinlock, percore, brlock, rcu |
//! | `peer_ref` | list of unused peers | flipping, collected |
//! | `readahead` | cache line of an open file | together, split, ifchanged |
//! | `hash` | hash table with lookups and updates | one, bucket, lockfree |
//! | `lru` | page list in LRU order | touch, lazy, batched, pernode |
//! | `path_walk` | lock and count of each path component | locked, rcu |
//!
//! A bottleneck has a trait or a type, its variants, and `users.rs`: the operations of the threads
//! with the oracle that checks each result. Callers provide the memory.

pub mod anon_chain;
pub mod brlock;
pub mod file_list;
pub mod guarded;
pub mod hash;
pub mod ids;
mod links;
mod list;
pub mod lru;
pub mod mount_count;
pub mod mount_lookup;
pub mod page_clear;
pub mod path_walk;
pub mod peer_ref;
mod prelude;
pub mod readahead;

use core::ops::Deref;

pub use self::{
    guarded::Guarded,
    links::Link, //
};

/// The result of a check during a run; an error is the name of the violated invariant.
pub type Checked = Result<(), &'static str>;

/// Receives the result of a check after the run: its name, the value seen and the value due.
pub type Findings<'a> = &'a mut dyn FnMut(&'static str, u64, u64);

/// Memory that the caller provides, such as a `KVVec` or a `Vec`.
pub trait Storage: Deref<Target = [Self::Item]> + Sync {
    /// An element.
    type Item;
}

impl<T, S: Deref<Target = [T]> + Sync> Storage for S {
    type Item = T;
}
