// SPDX-License-Identifier: GPL-2.0

//! Steps over memory: clearing pages, adding them up, and initialising descriptors of page frames, as
//! deferred struct page init does at boot.

use core::ops::Deref;

use rig::{
    prelude::*,
    Descriptor,
    HugePage,
    Page,
    Span, //
};

use crate::task::Step;

/// An item for each index.
struct Items<A> {
    first: u64,
    items: A,
}

impl<A> Items<A> {
    #[inline(always)]
    fn at<T>(&self, index: u64) -> Option<&T>
    where
        A: Deref<Target = [T]>,
    {
        self.items.get(index.wrapping_sub(self.first) as usize)
    }
}

/// Clears each page.
pub(super) struct Clear(Items<Span<Page>>);

impl Clear {
    pub(super) fn new(first: u64, count: usize) -> Result<Self> {
        let items = Span::new(count)?;
        Ok(Self(Items { first, items }))
    }
}

impl Step for Clear {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        if let Some(page) = self.0.at(index) {
            page.clear();
        }
        Ok(0)
    }
}

/// Clears a huge page at each index.
pub(super) struct ClearHuge(Items<KVVec<HugePage>>);

impl ClearHuge {
    pub(super) fn new(first: u64, count: usize, preparation: &Preparation) -> Result<Self> {
        let items = filled(count, || {
            preparation.proceed()?;
            Ok(HugePage::new()?)
        })?;
        Ok(Self(Items { first, items }))
    }
}

impl Step for ClearHuge {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        if let Some(page) = self.0.at(index) {
            page.clear();
        }
        Ok(0)
    }
}

/// Adds up a number of each page, such as the kernel's crc32c.
pub(super) struct Digest<F> {
    pages: Items<Span<Page>>,
    number: F,
    expected: u64,
}

impl<F: Fn(&Page) -> u64> Digest<F> {
    /// Fills all pages, no two alike.
    pub(super) fn new(
        first: u64,
        count: usize,
        number: F,
        preparation: &Preparation,
    ) -> Result<Self> {
        let items = Span::<Page>::new(count)?;
        let mut expected = 0u64;
        for (seed, page) in (1..).zip(&*items) {
            page.fill(seed);
            expected = expected.wrapping_add(number(page));
            if seed % 256 == 0 {
                preparation.proceed()?;
            }
        }
        Ok(Self {
            pages: Items { first, items },
            number,
            expected,
        })
    }
}

impl<F: Fn(&Page) -> u64 + Send + Sync> Step for Digest<F> {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        Ok(self.pages.at(index).map_or(0, &self.number))
    }

    fn expected(&self) -> Option<u64> {
        Some(self.expected)
    }
}

/// Initialises the descriptor of each page frame.
pub(super) struct PageInit(Items<Span<Descriptor>>);

impl PageInit {
    pub(super) fn new(first: u64, count: usize) -> Result<Self> {
        let items = Span::new(count)?;
        Ok(Self(Items { first, items }))
    }
}

impl Step for PageInit {
    #[inline(always)]
    fn step(&self, index: u64) -> Result<u64> {
        if let Some(frame) = self.0.at(index) {
            frame.init(index);
        }
        Ok(1)
    }

    /// Every descriptor is that of its frame.
    fn expected(&self) -> Option<u64> {
        let right = |&(pfn, frame): &(u64, &Descriptor)| frame.is_of(pfn);
        let frames = (self.0.first..).zip(&*self.0.items);
        Some(frames.filter(right).count() as u64)
    }
}
