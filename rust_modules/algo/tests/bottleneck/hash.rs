// SPDX-License-Identifier: GPL-2.0

//! A lookup finds a present key with its value, and no removed key, during updates.

use algo::{
    bottleneck::hash::{
        bucket_of, Bucket, Entry, Hash, Head, Locked, Lockfree, Lookup, OneLock, Oracle, PerBucket,
        Table, Users,
    },
    lock::Tas,
    Waiter,
};

use crate::{check, findings, many, passes, race, waiter, Random, ROUNDS};

fn one(entries: u32) -> impl Table {
    let heads: Vec<_> = (0..2).map(Head::new).collect();
    Hash::<_, _, Locked>::new(many::<Entry>(entries), OneLock::<Tas, _>::new(heads))
}

fn buckets<F: Lookup>(entries: u32) -> impl Table {
    let buckets: Vec<_> = (0..2).map(Bucket::<Tas>::new).collect();
    Hash::<_, _, F>::new(many::<Entry>(entries), PerBucket(buckets))
}

/// `threads` threads look up and update; those of loom do one of both.
fn used<T: Table + Send + 'static>(threads: u32, each: u32, table: fn(u32) -> T) {
    let new = move || {
        let all = threads * each;
        Users::new(table(all), many::<Oracle>(all), each, &waiter())
    };
    let step = |users: &Users<T, _>, thread, me: &_| {
        let mut random = Random::of(thread);
        for round in 0..ROUNDS {
            let which = random.next();
            let changes = match cfg!(loom) {
                true => thread == 0,
                false => round % 3 == 0,
            };
            let checked = match changes {
                true => users.change(thread, which, me),
                false => users.find(thread, which, me),
            };
            assert_eq!(checked, Ok(()));
        }
    };
    race(2, threads, new, step, |users| {
        users.audit(&waiter(), &mut passes)
    });
}

/// Returns the `nth` key of `bucket`, of two.
fn key(bucket: u32, nth: usize) -> u64 {
    let its = |&key: &u64| bucket_of(key, 2) == bucket;
    (0..).filter(its).nth(nth).unwrap()
}

/// One thread looks up a key that stays, between entry 1 before it and entry 2 behind it, which have
/// these keys; the other `moves` those in each round.
fn stays_found<T: Table + Send + 'static>(
    table: fn(u32) -> T,
    [before_it, behind_it]: [u64; 2],
    moves: fn(&T, usize, &Waiter),
) {
    let new = move || {
        let (table, me) = (table(3), waiter());
        table.insert(2, behind_it, 12, &me);
        table.insert(0, key(0, 0), 10, &me);
        table.insert(1, before_it, 11, &me);
        table
    };
    let step = move |table: &T, thread, me: &_| {
        for round in 1..=ROUNDS as usize {
            match thread {
                0 => moves(table, round, me),
                _ => assert_eq!(table.find(key(0, 0), me), Some(10)),
            }
        }
    };
    race(3, 2, new, step, |table| assert_eq!(table.entries(), 3));
}

/// The entry before the key, which is the last, moves to the other chain and back.
fn last_key_is_found<T: Table + Send + 'static>(table: fn(u32) -> T) {
    stays_found(table, [key(0, 1), key(1, 0)], |table, round, me| {
        table.remove(1, me);
        table.insert(1, key(round as u32 % 2, 1 + round % 2), 13, me);
    });
}

/// The entry behind the key moves to the other chain, then the one before the key moves in front of
/// it. A lookup that follows the latter sees the former as it is.
fn key_between_moving_entries_is_found<T: Table + Send + 'static>(table: fn(u32) -> T) {
    stays_found(table, [key(0, 2), key(0, 1)], |table, round, me| {
        for (entry, nth) in [(2, 1), (1, 2)] {
            table.remove(entry, me);
            table.insert(entry, key(round as u32 % 2, nth), 13, me);
        }
    });
}

/// An entry is reused for the key of a lookup: its old value belongs to its old key.
fn value_belongs_to_its_key<T: Table + Send + 'static>(table: fn(u32) -> T) {
    let (old, new) = (key(0, 0), key(0, 1));
    // The lookups begin with the old key, or with the new one.
    for first in 0..2 {
        let one_entry = move || {
            let table = table(1);
            table.insert(0, old, old, &waiter());
            table
        };
        let step = move |table: &T, thread, me: &_| {
            for round in 0..ROUNDS as usize {
                if thread == 1 {
                    let wanted = [old, new][(first + round / 2) % 2];
                    assert!(table.find(wanted, me).is_none_or(|value| value == wanted));
                    continue;
                }
                let key = [new, old][round % 2];
                table.remove(0, me);
                table.insert(0, key, key, me);
            }
        };
        race(3, 2, one_entry, step, |_| {});
    }
}

tests! {
    one_lock_keeps_entries => used(2, 2, one);
    bucket_locks_keep_entries => used(2, 2, buckets::<Locked>);
    lockfree_lookups_keep_entries => used(2, 2, buckets::<Lockfree>);
    #[cfg(not(loom))]
    four_threads_keep_entries => {
        used(4, 8, one);
        used(4, 8, buckets::<Locked>);
        used(4, 8, buckets::<Lockfree>);
    };
    one_lock_finds_the_last_key => last_key_is_found(one);
    bucket_locks_find_the_last_key => last_key_is_found(buckets::<Locked>);
    lockfree_lookup_finds_the_last_key => last_key_is_found(buckets::<Lockfree>);
    lockfree_lookup_finds_a_key_between_moving_entries => {
        key_between_moving_entries_is_found(buckets::<Lockfree>);
    };
    one_lock_returns_the_value_of_the_key => value_belongs_to_its_key(one);
    bucket_locks_return_the_value_of_the_key => value_belongs_to_its_key(buckets::<Locked>);
    lockfree_lookup_returns_the_value_of_the_key => value_belongs_to_its_key(buckets::<Lockfree>);
    #[cfg(loom)]
    #[should_panic(expected = "left == right")]
    busted_is_caught_missing_a_key => last_key_is_found(buckets::<algo::bottleneck::hash::Busted>);
    #[cfg(loom)]
    #[should_panic(expected = "is_none_or")]
    busted_is_caught_with_the_value_of_another_key => {
        value_belongs_to_its_key(buckets::<algo::bottleneck::hash::Busted>);
    };
}

#[test]
fn oracle_reports_missed_foreign_and_stale_keys() {
    /// Finds one value for every key.
    struct Always(Option<u64>);
    impl Table for Always {
        fn find(&self, _: u64, _: &Waiter) -> Option<u64> {
            self.0
        }
        fn insert(&self, _: u32, _: u64, _: u64, _: &Waiter) {}
        fn remove(&self, _: u32, _: &Waiter) {}
        fn entries(&self) -> u64 {
            3
        }
    }
    check(1, || {
        let me = waiter();
        let blind = Users::new(Always(None), many::<Oracle>(4), 2, &me);
        assert_eq!(blind.find(0, 0, &me), Err("missed"));
        assert_eq!(blind.find(0, 2, &me), Err("missed"));
        assert_eq!(blind.find(0, 1, &me), Err("missed"));
        assert_eq!(blind.find(0, 3, &me), Ok(()));
        let wild = Users::new(Always(Some(7)), many::<Oracle>(4), 2, &me);
        assert_eq!(wild.find(0, 3, &me), Err("foreign"));
        assert_eq!(wild.change(0, 1, &me), Err("stale"));
        assert_eq!(findings(|to| wild.audit(&me, to)), [(0, 4), (3, 4)]);
    });
}
