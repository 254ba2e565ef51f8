// SPDX-License-Identifier: GPL-2.0

//! Allocator of the process: each allocation begins a pair of cache lines, so that which words of guest code
//! share a line depends on its types alone.

#![expect(unsafe_code, reason = "an allocator is")]

use std::alloc::{GlobalAlloc, Layout, System};

/// Bytes of a pair of cache lines, which the prefetchers of common processors fetch together.
const PAIR: usize = 128;

struct Pairs;

#[global_allocator]
static PAIRS: Pairs = Pairs;

/// The layout, aligned to a pair of lines; one that cannot be has no room for it anyway, and stays.
fn aligned(layout: Layout) -> Layout {
    layout.align_to(PAIR).unwrap_or(layout)
}

// SAFETY: As `System`, which sees the same layout of an allocation each time.
unsafe impl GlobalAlloc for Pairs {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: By the contract of the caller.
        unsafe { System.alloc(aligned(layout)) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: As above.
        unsafe { System.alloc_zeroed(aligned(layout)) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: As above.
        unsafe { System.realloc(at, aligned(layout), size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: As above.
        unsafe { System.dealloc(at, aligned(layout)) };
    }
}
