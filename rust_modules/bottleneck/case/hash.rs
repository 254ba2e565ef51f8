// SPDX-License-Identifier: GPL-2.0

//! `hash`: a table of `size` entries, about `depth` to a bucket, that threads look up;
//! `write_permille` of 1000 operations take an entry out and put it in anew under another key.
//!
//! After Piggin, "Scaling the Linux VFS", LinuxCon 2009.

use abi::bottleneck::{
    Config,
    Lock as LockName,
    Variant, //
};
use algo::{
    bottleneck::hash::{
        Bucket,
        Busted,
        Entry,
        Head,
        Locked,
        Lockfree,
        One,
        Table,
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

/// A table, and who uses it.
struct Lookups<T> {
    work: Work<T, KVVec<Truth>>,
    changes_permille: u32,
}

pub(crate) fn make(config: &Config) -> Made {
    match config.lock {
        LockName::Ticket => with::<Timed<Ticket>>(config),
        LockName::PvQueued => with::<Timed<PvQueued>>(config),
    }
}

fn with<L: Lock + Send + 'static>(config: &Config) -> Made {
    let all = each(config).wrapping_mul(config.threads);
    let entries = || filled(all, |_| Entry::new());
    let chains = all.checked_div(config.depth).unwrap_or(0).max(2);
    let buckets = || filled(chains, Bucket::<L>::new);
    let heads = || filled(chains, Head::new);
    match config.variant {
        Variant::One => users(One::<L, _, _>::new(entries()?, heads()?), config),
        Variant::Bucket => users(Locked::new(entries()?, buckets()?), config),
        Variant::Lockfree => users(Lockfree::new(entries()?, buckets()?), config),
        Variant::Busted => users(Busted::new(entries()?, buckets()?), config),
        _ => no_such(config),
    }
}

/// Entries of a thread: one that stays for each that moves.
fn each(config: &Config) -> u32 {
    let each = config.size.checked_div(config.threads).unwrap_or(0);
    each.max(2) & !1
}

fn users<T: Table + Send + 'static>(table: T, config: &Config) -> Made {
    let each = each(config);
    let truths = filled(each.wrapping_mul(config.threads), |_| Truth::new())?;
    boxed(Lookups {
        work: Work::new(table, truths, each, &Waiter::default()),
        changes_permille: config.write_permille,
    })
}

impl<T: Table + Send> Case for Lookups<T> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        hot_lookups(self, who, steps);
        steps
    }

    fn settle(&self, to: &mut Findings) {
        let seen = &mut |name, seen, due| to.add(name, seen, due);
        self.work.settle(&Waiter::default(), seen);
    }
}

/// The measured loop.
#[inline(never)]
fn hot_lookups<T: Table>(lookups: &Lookups<T>, who: &Who<'_>, steps: u32) {
    for _ in 0..steps {
        let changes = who.random.permille(lookups.changes_permille);
        let which = who.random.next() as u32;
        let checked = match changes {
            true => lookups.work.change(who.index, which, who.waiter),
            false => lookups.work.find(who.index, which, who.waiter),
        };
        if let Err(name) = checked {
            who.found.wrong(name);
        }
    }
}
