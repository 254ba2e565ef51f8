// SPDX-License-Identifier: GPL-2.0

//! fork(2), exit and wait, once or as a mail server does it.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: Exim forks for every connection, and again for
//! every message; parents and children shared one `anon_vma` lock.

use anyhow::Result;

use crate::{
    load::{work, Load, Place, Work},
    sys,
};

/// A child that exits at once.
pub const FORK_EXIT: Load = Load {
    name: "fork_exit",
    about: "fork a child that exits, and wait for it: process lists, anon_vma, page tables",
    make: |_: &Place<'_>| work(|| sys::fork_chain(1)),
};

/// A child that forks a child.
pub const FORK_TWICE: Load = Load {
    name: "fork_twice",
    about: "fork a child that forks a child, as a mail server delivers: the chain of anon_vmas",
    make: |_: &Place<'_>| -> Result<Box<dyn Work>> { work(|| sys::fork_chain(2)) },
};
