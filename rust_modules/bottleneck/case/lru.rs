// SPDX-License-Identifier: GPL-2.0

//! `lru`: `size` pages that threads use; `write_permille` of 1000 operations take the coldest one
//! and give it back as a new one.
//!
//! After Kleen and Chen, "Linux kernel scaling", 2011, and Piggin, "Scaling the Linux VFS",
//! LinuxCon 2009.

use abi::bottleneck::{
    Config,
    Lock as LockName,
    Variant, //
};
use algo::{
    bottleneck::lru::{
        Batch,
        Batched,
        Lazy,
        Lru,
        Page,
        PerNode,
        Queue,
        Touch,
        Truth,
        Work, //
    },
    lock::{
        Lock,
        PvQueued,
        Ticket, //
    },
    Waiter, //
};
use kernel::prelude::*;

use super::{
    Case,
    Who, //
};
use crate::{
    findings::Findings,
    store::filled,
    table::{
        boxed,
        no_such,
        Made, //
    },
    timed::Timed, //
};

/// Nodes, in name only: vCPUs and pages are dealt to them in turn.
const NODES: u32 = 2;

/// Pages, and who uses them.
struct Pages<U> {
    work: Work<U, KVVec<Truth>>,
    renewed_permille: u32,
}

pub(crate) fn make(config: &Config) -> Made {
    match config.lock {
        LockName::Ticket => with::<Timed<Ticket>>(config),
        LockName::PvQueued => with::<Timed<PvQueued>>(config),
    }
}

fn with<L: Lock + Send + 'static>(config: &Config) -> Made {
    let pages = || filled(pages(config), |_| Page::new());
    let batches = || filled(rig::possible_vcpus(), |_| Batch::new());
    let nodes = || filled(NODES, |_| Queue::<L>::new());
    match config.variant {
        Variant::Touch => users(Touch::<L, _>::new(pages()?), config),
        Variant::Lazy => users(Lazy::<L, _>::new(pages()?), config),
        Variant::Batched => users(Batched::<L, _, _>::new(pages()?, batches()?), config),
        Variant::Pernode => users(PerNode::new(pages()?, nodes()?), config),
        _ => no_such(config),
    }
}

/// How many pages: on each node more than threads that could have taken them all.
fn pages(config: &Config) -> u32 {
    let least = config.threads.saturating_add(1).saturating_mul(NODES);
    config.size.max(least)
}

fn users<U: Lru + Send + 'static>(lru: U, config: &Config) -> Made {
    let truths = filled(pages(config), |_| Truth::new())?;
    boxed(Pages {
        work: Work::new(lru, truths, &Waiter::default()),
        renewed_permille: config.write_permille,
    })
}

impl<U: Lru + Send> Case for Pages<U> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        hot_pages(self, who, steps);
        steps
    }

    fn settle(&self, to: &mut Findings) {
        let seen = &mut |name, seen, due| to.add(name, seen, due);
        self.work.settle(&Waiter::default(), seen);
    }
}

/// The measured loop.
#[inline(never)]
fn hot_pages<U: Lru>(pages: &Pages<U>, who: &Who<'_>, steps: u32) {
    for _ in 0..steps {
        if who.random.permille(pages.renewed_permille) {
            if let Err(name) = pages.work.renew(who.waiter) {
                who.found.wrong(name);
            }
            continue;
        }
        pages.work.touch(who.random.next() as u32, who.waiter);
    }
}
