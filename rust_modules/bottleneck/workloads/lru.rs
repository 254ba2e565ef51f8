// SPDX-License-Identifier: GPL-2.0

//! `lru`: threads use `size` pages.
//!
//! `write_permille` of 1000 operations evict the coldest page and give it back as a new one. After
//! Kleen and Chen, "Linux kernel scaling", 2011, and Piggin, "Scaling the Linux VFS", LinuxCon
//! 2009.

use algo::bottleneck::lru::{
    Batch,
    Batched,
    Lazy,
    Lru,
    Oracle,
    Page,
    PerNode,
    Queue,
    Single,
    Touch,
    Users, //
};

use crate::prelude::*;

/// Nodes, in name only: vCPUs and pages belong to them in turn.
const NODES: u32 = 2;

/// Pages and their users.
struct Pages<U> {
    users: Users<U, KVVec<Oracle>>,
    renewed_permille: u32,
}

pub(super) fn make<L: Lock + Send + 'static>(config: &Config, _: &Limits) -> Made {
    let pages = defaults::<Page>(pages(config))?;
    match config.variant {
        Variant::Touch => workload(Single::<L, _, _>::new(pages, Touch), config),
        Variant::Lazy => workload(Single::<L, _, _>::new(pages, Lazy), config),
        Variant::Batched => {
            let batches = Batched(defaults::<Batch>(rig::possible_vcpus())?);
            workload(Single::<L, _, _>::new(pages, batches), config)
        }
        Variant::Pernode => workload(PerNode::new(pages, defaults::<Queue<L>>(NODES)?), config),
        _ => no_such_variant(config),
    }
}

/// Returns the number of pages: on each node more than threads that could own them all.
fn pages(config: &Config) -> u32 {
    let least = config.threads.saturating_add(1).saturating_mul(NODES);
    config.size.max(least)
}

fn workload<U: Lru + Send + 'static>(lru: U, config: &Config) -> Made {
    let oracles = defaults(pages(config))?;
    boxed(Pages {
        users: Users::new(lru, oracles, &Waiter::default()),
        renewed_permille: config.write_permille,
    })
}

impl<U: Lru + Send> Workload for Pages<U> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        hot_lru(self, thread, steps);
        steps
    }

    fn audit(&self, to: Findings<'_>) {
        self.users.audit(&Waiter::default(), to);
    }
}

/// The measured loop.
#[inline(never)]
fn hot_lru<U: Lru>(pages: &Pages<U>, thread: &Thread<'_>, steps: u32) {
    for _ in 0..steps {
        if thread.random.permille(pages.renewed_permille) {
            thread.note(pages.users.renew(thread.waiter));
            continue;
        }
        let which = thread.random.next() as u32;
        pages.users.touch(which, thread.waiter);
    }
}
