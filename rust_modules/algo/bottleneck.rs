// SPDX-License-Identifier: GPL-2.0

//! Bottlenecks that were found in the kernel, each as it was, as it was mended, and as it is today.
//!
//! From Piggin, "Scaling the Linux VFS", LinuxCon 2009; Kleen and Chen, "Linux kernel scaling",
//! 2011; and Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", OSDI 2010.
//!
//! | case | what is fought over | variants, from the original to the fix |
//! |---|---|---|
//! | `file_list` | the list of a file system's open files | one, percpu |
//! | `anon_chain` | the lock of the first ancestor of all | per_link, batched |
//! | `page_clear` | the lock of an address space | inside, outside, processes |
//! | `mount_count` | how many refer to a mount | exact, summed, split, percpu |
//! | `ids` | the next unique number | exact, percpu |
//! | `mount_lookup` | the table of mounts | spinlock, percore, brlock, rcu |
//! | `peer_ref` | the list of the addresses that nobody talks to just now | flipping, collected |
//! | `readahead` | the cache line of an open file | together, split, ifchanged |
//! | `hash` | a table that is looked up, and changed | one, bucket, lockfree |
//! | `lru` | the list of pages by last use | touch, lazy, batched, pernode |
//! | `path_walk` | locks and counts of the directories of a path | locked, rcu |

pub mod anon_chain;
pub mod brlock;
pub mod file_list;
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
pub mod readahead;

pub use self::links::Link;

/// Says what was found wrong during a run, in a word or two.
pub type Checked = Result<(), &'static str>;

/// Is told, once all threads have left, a name, what was seen and what is due.
pub type Findings<'a> = &'a mut dyn FnMut(&'static str, u64, u64);
