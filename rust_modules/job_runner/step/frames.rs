// SPDX-License-Identifier: GPL-2.0

//! Initialising the descriptors of page frames, as deferred struct page init does at boot.

use kernel::{
    alloc::AllocError,
    prelude::*, //
};
use rig::{
    Descriptor,
    Span, //
};

use crate::task::Step;

/// Descriptors, one for each frame.
pub(super) struct PageInit {
    first: u64,
    frames: Span<Descriptor>,
}

impl PageInit {
    pub(super) fn new(first: u64, count: usize) -> Result<Self, AllocError> {
        Ok(Self {
            first,
            frames: Span::new(count)?,
        })
    }
}

impl Step for PageInit {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        if let Some(frame) = self.frames.get(index.wrapping_sub(self.first) as usize) {
            frame.init(index);
        }
        Ok(1)
    }

    /// Every descriptor is that of its frame.
    fn expected(&self) -> Option<u64> {
        let right = |&(pfn, frame): &(u64, &Descriptor)| frame.is_of(pfn);
        Some((self.first..).zip(&*self.frames).filter(right).count() as u64)
    }
}
