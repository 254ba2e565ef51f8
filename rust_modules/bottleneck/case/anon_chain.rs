// SPDX-License-Identifier: GPL-2.0

//! `anon_chain`: children of one family are forked, and exit.
//!
//! After Andi Kleen and Tim Chen, "Linux kernel scaling", 2011: Exim forks for every connection and
//! every message, `depth` generations down, and all chain to the same ancestors. Once in `every`
//! operations somebody looks a page's users up between the two.

use abi::bottleneck::{
    Config,
    Lock as LockName,
    Variant, //
};
use algo::{
    bottleneck::anon_chain::{
        Batched,
        Chain,
        Family,
        List,
        PerLink,
        Place, //
    },
    lock::Lock, //
};
use kernel::prelude::*;
use rig::{
    Mutex,
    Padded,
    Rwsem, //
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
        no_such,
        Made, //
    },
    timed::{
        Old,
        Timed,
        Today, //
    }, //
};

/// A family, whose children are the threads.
struct AnonChain<C> {
    family: Padded<C>,
    depth: u32,
    every: u32,
    sleeps: bool,
}

pub(crate) fn make(config: &Config) -> Made {
    match config.variant {
        Variant::Mutex => per_link::<Timed<Mutex>>(config),
        Variant::Rwsem => per_link::<Timed<Rwsem>>(config),
        _ => match config.lock {
            LockName::Ticket => with::<Old>(config),
            LockName::PvQueued => with::<Today>(config),
        },
    }
}

fn with<L: Lock + Send + 'static>(config: &Config) -> Made {
    match config.variant {
        Variant::Spinlock => per_link::<L>(config),
        Variant::Batched => case(Batched(family::<L>(config)?), config, L::SLEEPS),
        _ => no_such(config),
    }
}

fn per_link<L: Lock + Send + 'static>(config: &Config) -> Made {
    case(PerLink(family::<L>(config)?), config, L::SLEEPS)
}

fn family<L: Lock>(config: &Config) -> Result<Family<L, KVVec<List>, KVVec<Place>>> {
    let links = config.depth.saturating_mul(config.threads);
    Ok(Family::new(
        filled(config.depth, |_| List::default())?,
        filled(links, |_| Place::default())?,
    ))
}

fn case<C: Chain + Send + 'static>(family: C, config: &Config, sleeps: bool) -> Made {
    boxed(AnonChain {
        family: Padded(family),
        depth: config.depth,
        every: config.every,
        sleeps,
    })
}

impl<C: Chain + Send> Case for AnonChain<C> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        let each = self.depth.saturating_mul(2);
        let steps = steps.min(LOCKS.checked_div(each).unwrap_or(0).max(1));
        let wrong = hot_chains(&*self.family, who, steps, self.depth);
        for _ in 0..wrong {
            who.found.wrong("links_not_depth");
        }
        if self.every > 0 && who.random.below(self.every) < steps {
            self.look(who);
        }
        steps
    }

    fn settle(&self, to: &mut Findings) {
        self.family
            .settle(&mut |name, seen, due| to.add(name, seen, due));
    }

    fn sleeps(&self) -> bool {
        self.sleeps
    }
}

impl<C: Chain> AnonChain<C> {
    /// A child is looked for on the list of an ancestor.
    fn look(&self, who: &Who<'_>) {
        let family = &*self.family;
        let linked = family.fork(who.waiter, who.index);
        let ancestor = who.random.below(self.depth);
        let seen = family.look(who.waiter, who.index, ancestor);
        let unlinked = family.exit(who.waiter, who.index);
        if seen.own != 1 || seen.links > who.threads {
            who.found.wrong("child_not_once");
        }
        if linked != self.depth || unlinked != self.depth {
            who.found.wrong("links_not_depth");
        }
    }
}

/// The measured loop. Returns how often a child was not linked to all ancestors.
#[inline(never)]
fn hot_chains<C: Chain>(family: &C, who: &Who<'_>, steps: u32, depth: u32) -> u32 {
    let mut wrong = 0u32;
    for _ in 0..steps {
        let linked = family.fork(who.waiter, who.index);
        let unlinked = family.exit(who.waiter, who.index);
        if linked != depth || unlinked != depth {
            wrong = wrong.wrapping_add(1);
        }
    }
    wrong
}
