// SPDX-License-Identifier: GPL-2.0

//! `anon_chain`: children of one family fork and exit, `depth` generations down.
//!
//! After Kleen and Chen, "Linux kernel scaling", 2011: Exim forks for every connection and every
//! message, and all children link to the same ancestors. Once in `every` operations a thread
//! searches the list of an ancestor between fork and exit.

use algo::bottleneck::anon_chain::{
    CheckedList,
    Family,
    Place, //
};
use rig::{
    Mutex,
    Rwsem, //
};

use crate::{
    prelude::*,
    timed::Timed,
    workload::MAX_LOCKS, //
};

/// The family, with root lock `L`.
type Of<L, const BATCHED: bool> = Family<L, KVVec<CheckedList>, KVVec<Place>, BATCHED>;

/// A family, whose children are the threads.
struct AnonChain<L, const BATCHED: bool> {
    family: Padded<Of<L, BATCHED>>,
    depth: u32,
    every: u32,
}

pub(super) fn make<L: Lock + Send + 'static>(config: &Config, _: &Limits) -> Made {
    match config.variant {
        Variant::Spinlock => workload::<L, false>(config),
        Variant::Mutex => workload::<Timed<Mutex>, false>(config),
        Variant::Rwsem => workload::<Timed<Rwsem>, false>(config),
        Variant::Batched => workload::<L, true>(config),
        _ => no_such_variant(config),
    }
}

fn workload<L: Lock + Send + 'static, const BATCHED: bool>(config: &Config) -> Made {
    let links = config.depth.saturating_mul(config.threads);
    boxed(AnonChain {
        family: Padded(Of::<L, BATCHED>::new(
            defaults(config.depth)?,
            defaults(links)?,
        )),
        depth: config.depth,
        every: config.every,
    })
}

impl<L: Lock + Send, const BATCHED: bool> Workload for AnonChain<L, BATCHED> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        let each = self.depth.saturating_mul(2);
        let steps = steps.min(MAX_LOCKS.checked_div(each).unwrap_or(0).max(1));
        let wrong = hot_anon_chain(&*self.family, thread, steps, self.depth);
        for _ in 0..wrong {
            thread.errors.record("links_not_depth");
        }
        if self.every > 0 && thread.random.below(self.every) < steps {
            self.look(thread);
        }
        steps
    }

    fn audit(&self, to: Findings<'_>) {
        self.family.audit(to);
    }

    fn sleeps(&self) -> bool {
        L::SLEEPS
    }
}

impl<L: Lock, const BATCHED: bool> AnonChain<L, BATCHED> {
    /// Searches the list of an ancestor for the thread's child.
    fn look(&self, thread: &Thread<'_>) {
        let family = &*self.family;
        let linked = family.fork(thread.waiter, thread.index);
        let ancestor = thread.random.below(self.depth);
        let seen = family.look(thread.waiter, thread.index, ancestor);
        let unlinked = family.exit(thread.waiter, thread.index);
        if seen.own != 1 || seen.links > thread.threads {
            thread.errors.record("child_not_once");
        }
        if linked != self.depth || unlinked != self.depth {
            thread.errors.record("links_not_depth");
        }
    }
}

/// The measured loop. Returns how often a child was not linked to all ancestors.
#[inline(never)]
fn hot_anon_chain<L: Lock, const BATCHED: bool>(
    family: &Of<L, BATCHED>,
    thread: &Thread<'_>,
    steps: u32,
    depth: u32,
) -> u32 {
    let mut wrong = 0u32;
    for _ in 0..steps {
        let linked = family.fork(thread.waiter, thread.index);
        let unlinked = family.exit(thread.waiter, thread.index);
        if linked != depth || unlinked != depth {
            wrong = wrong.wrapping_add(1);
        }
    }
    wrong
}
