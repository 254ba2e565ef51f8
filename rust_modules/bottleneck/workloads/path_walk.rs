// SPDX-License-Identifier: GPL-2.0

//! `path_walk`: each thread opens and closes its file at the end of a path of `depth` components.
//!
//! The working directory is `shared` or the thread's own. One walk in `every` drops out;
//! `write_permille` of 1000 operations rename a directory on the path. After Piggin, "Scaling the
//! Linux VFS", LinuxCon 2009, and Kleen and Chen, "Linux kernel scaling", 2011.

use abi::Switch;
use algo::bottleneck::path_walk::{
    dentries,
    Dentry,
    Locked,
    Rcu,
    Tree,
    Users,
    Walk, //
};

use crate::prelude::*;

/// Trees and their walkers.
struct Walks<W> {
    users: Users<KVVec<W>>,
    renames_permille: u32,
    drops_out_every: u32,
}

pub(super) fn make<L: Lock + Send + 'static>(config: &Config, _: &Limits) -> Made {
    match config.variant {
        Variant::Locked => workload::<L, _>(Locked::new, config),
        Variant::Rcu => workload::<L, _>(Rcu::new, config),
        _ => no_such_variant(config),
    }
}

/// Makes one tree for all threads, or one for each.
fn workload<L, W>(walker: fn(Tree<L, KVVec<Dentry<L>>>) -> W, config: &Config) -> Made
where
    L: Lock + Send + 'static,
    W: Walk + Send + 'static,
{
    let (trees, threads) = match config.shared {
        Switch::On => (1, config.threads),
        Switch::Off => (config.threads, 1),
    };
    let tree = |_| {
        let all = defaults(dentries(config.depth, threads))?;
        Ok(walker(Tree::new(all, config.depth)))
    };
    boxed(Walks {
        users: Users::new(try_filled(trees, tree)?),
        renames_permille: config.write_permille,
        drops_out_every: config.every,
    })
}

impl<W: Walk + Send> Workload for Walks<W> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        hot_path_walk(self, thread, steps);
        steps
    }

    fn audit(&self, to: Findings<'_>) {
        self.users.audit(to);
    }
}

/// The measured loop.
#[inline(never)]
fn hot_path_walk<W: Walk>(walks: &Walks<W>, thread: &Thread<'_>, steps: u32) {
    for _ in 0..steps {
        if thread.random.permille(walks.renames_permille) {
            walks.users.rename(thread.index, thread.waiter);
            continue;
        }
        let from = thread.random.next() as u32 & 1;
        let drops_out = thread.one_in(walks.drops_out_every);
        let walked = walks
            .users
            .open(thread.index, from, drops_out, thread.waiter);
        thread.note(walked.map(|_| ()));
    }
}
