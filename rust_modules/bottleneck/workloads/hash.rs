// SPDX-License-Identifier: GPL-2.0

//! `hash`: threads look up `size` entries, about `depth` to a bucket.
//!
//! `write_permille` of 1000 operations remove an entry and insert it under another key. After
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009.

use algo::bottleneck::hash::{
    Bucket,
    Busted,
    Entry,
    Hash,
    Head,
    Locked,
    Lockfree,
    OneLock,
    Oracle,
    PerBucket,
    Table,
    Users, //
};

use crate::prelude::*;

/// A table and its users.
struct Lookups<T> {
    users: Users<T, KVVec<Oracle>>,
    changes_permille: u32,
}

pub(super) fn make<L: Lock + Send + 'static>(config: &Config, _: &Limits) -> Made {
    let all = each(config).wrapping_mul(config.threads);
    let chains = all.checked_div(config.depth).unwrap_or(0).max(2);
    let entries = || defaults::<Entry>(all);
    let one_lock = || filled(chains, Head::new).map(OneLock::<L, _>::new);
    let buckets = || filled(chains, Bucket::<L>::new).map(PerBucket);
    match config.variant {
        Variant::One => workload(Hash::<_, _, Locked>::new(entries()?, one_lock()?), config),
        Variant::Bucket => workload(Hash::<_, _, Locked>::new(entries()?, buckets()?), config),
        Variant::Lockfree => workload(Hash::<_, _, Lockfree>::new(entries()?, buckets()?), config),
        Variant::Busted => workload(Hash::<_, _, Busted>::new(entries()?, buckets()?), config),
        _ => no_such_variant(config),
    }
}

/// Entries of a thread: one that stays for each that moves.
fn each(config: &Config) -> u32 {
    let each = config.size.checked_div(config.threads).unwrap_or(0);
    each.max(2) & !1
}

fn workload<T: Table + Send + 'static>(table: T, config: &Config) -> Made {
    let each = each(config);
    let oracles = defaults(each.wrapping_mul(config.threads))?;
    boxed(Lookups {
        users: Users::new(table, oracles, each, &Waiter::default()),
        changes_permille: config.write_permille,
    })
}

impl<T: Table + Send> Workload for Lookups<T> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        hot_hash(self, thread, steps);
        steps
    }

    fn audit(&self, to: Findings<'_>) {
        self.users.audit(&Waiter::default(), to);
    }
}

/// The measured loop.
#[inline(never)]
fn hot_hash<T: Table>(lookups: &Lookups<T>, thread: &Thread<'_>, steps: u32) {
    for _ in 0..steps {
        let changes = thread.random.permille(lookups.changes_permille);
        let which = thread.random.next() as u32;
        thread.note(match changes {
            true => lookups.users.change(thread.index, which, thread.waiter),
            false => lookups.users.find(thread.index, which, thread.waiter),
        });
    }
}
