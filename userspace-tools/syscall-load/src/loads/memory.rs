// SPDX-License-Identifier: GPL-2.0

//! Memory: page faults, mappings, the heap.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: clearing pages, counting them, and, for files in memory,
//! read-ahead marks that every fault wrote (`page_fault`); the lock of the root `anon_vma`, which every child of
//! a mail server took for every mapping of its own (`brk`). Compare threads with processes: threads share one
//! address space and its lock.

use std::{
    fs::{self, File},
    hint::black_box,
};

use anyhow::Result;
use rustix::mm::MapFlags;

use crate::{
    load::{repeat, Work},
    sys::{self, Mapping},
};

/// Pages of one mapping that is touched.
const PAGES: usize = 256;

// Loads of the memory management. One operation of `page_fault` is one page.
loads! {
    /// touch pages of private anonymous memory: page clearing, memory counters, the address space
    page_fault => |_| faults(|| Mapping::anonymous(PAGES, MapFlags::PRIVATE));
    /// the same with shared anonymous memory: a file in memory behind it
    page_fault_shared => |_| faults(|| Mapping::anonymous(PAGES, MapFlags::SHARED));
    /// touch the pages of one file that all map: page counts, read-ahead state of the file
    page_fault_file => |place| {
        let path = place.shared.join("map");
        fs::write(&path, vec![1; PAGES * Mapping::PAGE])?;
        let file = File::open(&path)?;
        faults(move || Mapping::file(PAGES, &file))
    };
    /// map and unmap a page that is never touched: the lock of the address space, which threads share
    mmap_munmap => |_| repeat(|| Mapping::anonymous(1, MapFlags::PRIVATE));
    /// no system call: store to every word of a page of a buffer of 64 MiB: bandwidth of the memory
    stores => |_| stores();
    /// grow and shrink the heap by a page: mapping locks (threads share one heap and take turns)
    brk => |_| repeat(sys::grow_and_shrink_heap);
}

/// Maps memory, touches every page of it, and unmaps it.
fn faults<M: Fn() -> Result<Mapping> + 'static>(map: M) -> Result<Box<dyn Work>> {
    let mut current: Option<(Mapping, usize)> = None;
    repeat(move || {
        let (mapping, next) = match current.take() {
            Some((mapping, next)) if next < PAGES => (mapping, next),
            _ => (map()?, 0),
        };
        mapping.touch(next);
        current = Some((mapping, next + 1));
        anyhow::Ok(())
    })
}

/// Pages of the buffer of `stores`: more than a worker's part of any cache.
const BUFFER: usize = 1 << 14;

/// Stores to every word of a page, of all pages in turn.
fn stores() -> Result<Box<dyn Work>> {
    let words = Mapping::PAGE / size_of::<u64>();
    let mut buffer = vec![1u64; BUFFER * words];
    let (mut next, mut value) = (0, 1);
    repeat(move || {
        let page = &mut buffer[next * words..][..words];
        page.fill(value);
        // The stores are not to be merged with those of the next round.
        black_box(page);
        next += 1;
        if next == BUFFER {
            (next, value) = (0, value + 1);
        }
        anyhow::Ok(())
    })
}
