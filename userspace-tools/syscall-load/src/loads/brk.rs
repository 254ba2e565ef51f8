// SPDX-License-Identifier: GPL-2.0

//! brk(2): grows the heap by a page, touches it, and gives it back.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011, use it to show the lock of the root `anon_vma`,
//! which every child of a mail server took for every mapping of its own.

use anyhow::Result;

use crate::{
    load::{work, Load, Place, Work},
    sys,
};

/// One page up, one page down. Threads share one heap, so there it is taken in turns.
pub const BRK: Load = Load {
    name: "brk",
    about:
        "grow and shrink the heap by a page: mapping locks (threads share one heap and take turns)",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    work(sys::grow_and_shrink_heap)
}
