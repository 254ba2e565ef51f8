// SPDX-License-Identifier: GPL-2.0

//! `page_clear`: page faults, each thread in its part of `size` pages of an address space.
//!
//! After Kleen and Chen, "Linux kernel scaling", 2011, with real memory. `write_permille` of 1000
//! faults are on any address, also in the part of another thread. One fault in `every` checks all of
//! the new page; a fault that finds a page always checks its first word.

use algo::bottleneck::page_clear::{
    self,
    Entry,
    Faults,
    Inside,
    Mapped,
    Outside,
    Processes,
    Space,
    Users, //
};
use kernel::sync::Arc;
use rig::{
    Page,
    Span, //
};

use crate::{
    prelude::*,
    workload::MAX_LOCKS, //
};

/// Pages of memory of a thread, which unmaps them after as many faults.
const PAGES: usize = 16;

/// Pages, by frame number.
#[derive(Clone)]
struct Memory(Arc<Span<Page>>);

impl Memory {
    fn new(config: &Config) -> Result<Self> {
        let pages = Span::<Page>::new((config.threads as usize).saturating_mul(PAGES))?;
        pages.iter().zip(1..).for_each(|(page, n)| page.fill(n));
        Ok(Self(Arc::new(pages, GFP_KERNEL)?))
    }

    #[inline(always)]
    fn page(&self, frame: u32) -> Option<&Page> {
        self.0.get(frame as usize)
    }
}

impl page_clear::Memory for Memory {
    #[inline(always)]
    fn clear(&self, frame: u32) {
        if let Some(page) = self.page(frame) {
            page.clear();
        }
    }

    fn is_clear(&self, frame: u32) -> bool {
        self.page(frame).is_some_and(Page::is_clear)
    }

    #[inline(always)]
    fn mark(&self, frame: u32, mark: u64) {
        if let Some(page) = self.page(frame) {
            page.mark(mark);
        }
    }

    #[inline(always)]
    fn first(&self, frame: u32) -> u64 {
        self.page(frame).map_or(0, Page::first)
    }
}

/// Threads, and the address spaces that they fault on.
struct PageClear<F> {
    users: Users<PAGES, F, Memory, KVVec<Mapped<PAGES>>>,
    addresses: u32,
    stray: u32,
    every: u32,
}

pub(super) fn make<L: Lock + Send + 'static>(config: &Config, limits: &Limits) -> Made {
    let spaces = match config.variant {
        Variant::Processes => config.threads,
        _ => 1,
    };
    let tables = u64::from(addresses(config)?)
        .saturating_mul(spaces.into())
        .saturating_mul(size_of::<Entry>() as u64);
    must_fit(config, tables, limits)?;
    let memory = &Memory::new(config)?;
    let inside = || Ok::<Inside<L, _, _>, Error>(Space::new(table(config)?, memory.clone()));
    match config.variant {
        Variant::Inside => workload(inside()?, memory, config),
        Variant::Outside => {
            let outside = Outside::<L, _, _>::new(table(config)?, memory.clone());
            workload(outside, memory, config)
        }
        Variant::Processes => {
            let own = try_filled(config.threads, |_| inside())?;
            workload(Processes(own), memory, config)
        }
        _ => no_such_variant(config),
    }
}

/// Makes the page table of an address space.
fn table(config: &Config) -> Result<KVVec<Entry>> {
    defaults(addresses(config)?)
}

/// Returns the number of addresses; each thread has as many.
fn addresses(config: &Config) -> Result<u32> {
    config.size.checked_mul(config.threads).ok_or(EINVAL)
}

fn workload<F: Faults + Send + 'static>(faults: F, memory: &Memory, config: &Config) -> Made {
    boxed(PageClear {
        users: Users::new(
            faults,
            memory.clone(),
            defaults(config.threads)?,
            config.size,
        ),
        addresses: addresses(config)?,
        stray: config.write_permille,
        every: config.every,
    })
}

impl<F: Faults + Send> Workload for PageClear<F> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        let steps = steps.min(MAX_LOCKS);
        thread.note(hot_page_clear(self, thread, steps));
        steps
    }

    fn audit(&self, to: Findings<'_>) {
        self.users.audit(to);
    }
}

/// The measured loop. Returns the last error.
#[inline(never)]
fn hot_page_clear<F: Faults>(of: &PageClear<F>, thread: &Thread<'_>, steps: u32) -> Checked {
    let mut checked = Ok(());
    for _ in 0..steps {
        let look = of.every > 0 && thread.random.below(of.every) == 0;
        let strays = of.stray > 0 && thread.random.permille(of.stray);
        let stray = strays.then(|| thread.random.below(of.addresses));
        let step = of.users.step(thread.waiter, thread.index, stray, look);
        checked = step.and(checked);
    }
    checked
}
