// SPDX-License-Identifier: GPL-2.0

//! Models of the kernel's own spinlock in its paravirt modes; its source does not run here.
//!
//! Each is written from the published description of the algorithm, keeps its order of accesses and its
//! constants, and leaves out what costs nothing here: per-CPU nodes, the hash table's walk, statistics.

mod node;
mod pv;
mod test_and_set;

pub(crate) use self::{pv::Pv, test_and_set::TestAndSet};
