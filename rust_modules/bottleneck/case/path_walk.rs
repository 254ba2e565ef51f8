// SPDX-License-Identifier: GPL-2.0

//! `path_walk`: each thread opens and closes a file of its own at the end of a path of `depth`
//! components, from a working directory that is `shared` or its own; one walk in `every` is made to
//! drop out, and `write_permille` of 1000 operations rename a directory on the way.
//!
//! After Piggin, "Scaling the Linux VFS", LinuxCon 2009, and Kleen and Chen, "Linux kernel
//! scaling", 2011.

use abi::{
    bottleneck::{
        Config,
        Lock as LockName,
        Variant, //
    },
    Switch, //
};
use algo::{
    bottleneck::path_walk::{
        dentries,
        Dentry,
        Locked,
        Rcu,
        Tree,
        Walk,
        Work, //
    },
    lock::{
        Lock,
        PvQueued,
        Ticket, //
    }, //
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

/// Trees, and who walks in them.
struct Walks<W> {
    work: Work<KVVec<W>>,
    renames_permille: u32,
    drops_out_every: u32,
}

pub(crate) fn make(config: &Config) -> Made {
    match config.lock {
        LockName::Ticket => with::<Timed<Ticket>>(config),
        LockName::PvQueued => with::<Timed<PvQueued>>(config),
    }
}

fn with<L: Lock + Send + 'static>(config: &Config) -> Made {
    match config.variant {
        Variant::Locked => walkers::<L, _>(Locked::new, config),
        Variant::Rcu => walkers::<L, _>(Rcu::new, config),
        _ => no_such(config),
    }
}

/// One tree for all threads, or one for each.
fn walkers<L, W>(walker: fn(Tree<L, KVVec<Dentry<L>>>) -> W, config: &Config) -> Made
where
    L: Lock + Send + 'static,
    W: Walk + Send + 'static,
{
    let (trees, threads) = match config.shared {
        Switch::On => (1, config.threads),
        Switch::Off => (config.threads, 1),
    };
    let mut walkers = KVVec::with_capacity(trees as usize, GFP_KERNEL)?;
    for _ in 0..trees {
        let all = filled(dentries(config.depth, threads), |_| Dentry::new())?;
        walkers.push(walker(Tree::new(all, config.depth)), GFP_KERNEL)?;
    }
    boxed(Walks {
        work: Work::new(walkers),
        renames_permille: config.write_permille,
        drops_out_every: config.every,
    })
}

impl<W: Walk + Send> Case for Walks<W> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        hot_walks(self, who, steps);
        steps
    }

    fn settle(&self, to: &mut Findings) {
        self.work
            .settle(&mut |name, seen, due| to.add(name, seen, due));
    }
}

/// The measured loop.
#[inline(never)]
fn hot_walks<W: Walk>(walks: &Walks<W>, who: &Who<'_>, steps: u32) {
    for _ in 0..steps {
        if who.random.permille(walks.renames_permille) {
            walks.work.rename(who.index, who.waiter);
            continue;
        }
        let from = who.random.next() as u32 & 1;
        let drops_out = who.one_in(walks.drops_out_every);
        let walked = walks.work.open(who.index, from, drops_out, who.waiter);
        if let Err(name) = walked {
            who.found.wrong(name);
        }
    }
}
