// SPDX-License-Identifier: GPL-2.0

//! `page_clear`: page faults, each thread in a part of `size` pages of an address space.
//!
//! After Andi Kleen and Tim Chen, "Linux kernel scaling", 2011. The memory is real, and so is the
//! clearing. So many of 1000 faults as `write_permille` says are anywhere, so also in another's
//! part. Once in `every` faults all of the new page is looked at; its first word always is by
//! those who find it there.

use abi::{
    bottleneck::{
        Config,
        Lock as LockName,
        Variant, //
    },
    Limits, //
};
use algo::{
    bottleneck::{
        page_clear::{
            self,
            Entry,
            Faults,
            Hand,
            Inside,
            Outside,
            Processes,
            Space,
            Work, //
        },
        Checked, //
    },
    lock::Lock, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};
use rig::{
    Page,
    Span, //
};

use super::{
    Case,
    Who,
    LOCKS, //
};
use crate::{
    findings::Findings,
    store::filled,
    table::{
        boxed,
        must_fit,
        no_such,
        Made, //
    },
    timed::{
        Old,
        Today, //
    }, //
};

/// A thread unmaps after so many faults.
const PAGES: usize = 16;

/// Pages, by number.
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

/// Threads that have address spaces, or share one.
type Threads<F> = Work<PAGES, F, Memory, KVVec<Hand<PAGES>>>;
/// An address space of a kind of lock.
type Of<L> = Space<L, KVVec<Entry>, Memory>;

/// Threads, and what they fault on.
struct PageClear<F> {
    work: Threads<F>,
    addresses: u32,
    stray: u32,
    every: u32,
}

pub(crate) fn make(config: &Config, limits: &Limits) -> Made {
    let spaces = match config.variant {
        Variant::Processes => config.threads,
        _ => 1,
    };
    let tables = u64::from(addresses(config)?)
        .saturating_mul(spaces.into())
        .saturating_mul(size_of::<Entry>() as u64);
    must_fit(config, tables, limits)?;
    match config.lock {
        LockName::Ticket => with::<Old>(config),
        LockName::PvQueued => with::<Today>(config),
    }
}

fn with<L: Lock + Send + 'static>(config: &Config) -> Made {
    let memory = Memory::new(config)?;
    let space = || space::<L>(config, &memory);
    match config.variant {
        Variant::Inside => case(Inside(space()?), &memory, config),
        Variant::Outside => case(Outside(space()?), &memory, config),
        Variant::Processes => {
            let mut own = KVVec::with_capacity(config.threads as usize, GFP_KERNEL)?;
            for _ in 0..config.threads {
                own.push(Inside(space()?), GFP_KERNEL)?;
            }
            case(Processes(own), &memory, config)
        }
        _ => no_such(config),
    }
}

fn space<L: Lock>(config: &Config, memory: &Memory) -> Result<Of<L>> {
    let table = filled(addresses(config)?, |_| Entry::default())?;
    Ok(Space::new(table, memory.clone()))
}

/// How many addresses there are: as many for each thread.
fn addresses(config: &Config) -> Result<u32> {
    config.size.checked_mul(config.threads).ok_or(EINVAL)
}

fn case<F: Faults + Send + 'static>(faults: F, memory: &Memory, config: &Config) -> Made {
    let hands = filled(config.threads, |_| Hand::default())?;
    boxed(PageClear {
        work: Work::new(faults, memory.clone(), hands, config.size),
        addresses: addresses(config)?,
        stray: config.write_permille,
        every: config.every,
    })
}

impl<F: Faults + Send> Case for PageClear<F> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        let steps = steps.min(LOCKS);
        if let Err(wrong) = hot_clears(self, who, steps) {
            who.found.wrong(wrong);
        }
        steps
    }

    fn settle(&self, to: &mut Findings) {
        self.work
            .settle(&mut |name, seen, due| to.add(name, seen, due));
    }
}

/// The measured loop. Returns what was wrong last.
#[inline(never)]
fn hot_clears<F: Faults>(of: &PageClear<F>, who: &Who<'_>, steps: u32) -> Checked {
    let mut checked = Ok(());
    for _ in 0..steps {
        let look = of.every > 0 && who.random.below(of.every) == 0;
        let strays = of.stray > 0 && who.random.permille(of.stray);
        let stray = strays.then(|| who.random.below(of.addresses));
        let step = of.work.step(who.waiter, who.index, stray, look);
        checked = step.and(checked);
    }
    checked
}
