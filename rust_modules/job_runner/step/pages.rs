// SPDX-License-Identifier: GPL-2.0

//! Steps over pages: clearing, and adding up.

use kernel::{
    alloc::AllocError,
    prelude::*, //
};
use rig::{
    cond_resched,
    filled,
    HugePage,
    Page,
    Span, //
};

use crate::task::Step;

/// A page for each index.
pub(super) struct Pages {
    first: u64,
    pages: Span<Page>,
}

impl Pages {
    pub(super) fn new(first: u64, count: usize) -> Result<Self, AllocError> {
        Ok(Self {
            first,
            pages: Span::new(count)?,
        })
    }

    #[inline(always)]
    fn at(&self, index: u64) -> Option<&Page> {
        self.pages.get(index.wrapping_sub(self.first) as usize)
    }

    /// Fills all pages, no two alike, and returns the sum of `one` of each.
    fn fill(&self, one: impl Fn(&Page) -> u64) -> u64 {
        let mut total = 0u64;
        for (seed, page) in (1..).zip(&*self.pages) {
            page.fill(seed);
            total = total.wrapping_add(one(page));
            if seed % 256 == 0 {
                cond_resched();
            }
        }
        total
    }
}

/// Clears each page.
pub(super) struct Clear(pub(super) Pages);

impl Step for Clear {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        if let Some(page) = self.0.at(index) {
            page.clear();
        }
        Ok(0)
    }
}

/// Clears two megabytes at each index.
pub(super) struct ClearHuge {
    first: u64,
    pages: KVVec<HugePage>,
}

impl ClearHuge {
    pub(super) fn new(first: u64, count: usize) -> Result<Self> {
        let pages = filled(count, || {
            cond_resched();
            Ok(HugePage::new()?)
        })?;
        Ok(Self { first, pages })
    }
}

impl Step for ClearHuge {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        if let Some(page) = self.pages.get(index.wrapping_sub(self.first) as usize) {
            page.clear();
        }
        Ok(0)
    }
}

/// The kernel's crc32c over each page.
pub(super) struct Checksum {
    pages: Pages,
    expected: u64,
}

impl Checksum {
    pub(super) fn new(pages: Pages) -> Self {
        let expected = pages.fill(|page| page.crc32c().into());
        Self { pages, expected }
    }
}

impl Step for Checksum {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        Ok(self.pages.at(index).map_or(0, |page| page.crc32c().into()))
    }

    fn expected(&self) -> Option<u64> {
        Some(self.expected)
    }
}

/// The sum of all words.
pub(super) struct Sum {
    pages: Pages,
    expected: u64,
}

impl Sum {
    pub(super) fn new(pages: Pages) -> Self {
        let expected = pages.fill(Page::sum);
        Self { pages, expected }
    }
}

impl Step for Sum {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        Ok(self.pages.at(index).map_or(0, Page::sum))
    }

    fn expected(&self) -> Option<u64> {
        Some(self.expected)
    }
}
