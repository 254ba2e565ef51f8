// SPDX-License-Identifier: GPL-2.0

//! A key that is there is found with its value, and one that is gone never is, whatever entries do
//! meanwhile.

use algo::{
    bottleneck::hash::{bucket_of, Bucket, Entry, Head, Locked, Lockfree, One, Table, Truth, Work},
    lock::{Lock, Tas},
    primitive::on,
    Waiter,
};

use crate::{
    found,
    support::{check, together, Arc, ROUNDS},
    waiter, Dice,
};

fn entries(n: u32) -> Vec<Entry> {
    (0..n).map(|_| Entry::new()).collect()
}

fn buckets<L: Lock>(n: u32) -> Vec<Bucket<L>> {
    (0..n).map(Bucket::new).collect()
}

fn one(n: u32) -> impl Table {
    One::<Tas, _, _>::new(entries(n), (0..2).map(Head::new).collect::<Vec<_>>())
}

fn locked(n: u32) -> impl Table {
    Locked::new(entries(n), buckets::<Tas>(2))
}

fn lockfree(n: u32) -> impl Table {
    Lockfree::new(entries(n), buckets::<Tas>(2))
}

/// So many threads look things up and change them; those of loom do one of both.
fn users<T: Table + Send + 'static>(threads: u32, each: u32, table: fn(u32) -> T) {
    check(2, move || {
        let all = threads * each;
        let truths: Vec<_> = (0..all).map(|_| Truth::new()).collect();
        let work = Arc::new(Work::new(table(all), truths, each, &waiter()));
        let theirs = work.clone();
        together(threads, move |thread| {
            let (mut dice, me) = (Dice::of(thread), waiter());
            for round in 0..ROUNDS {
                let which = dice.roll();
                let changes = match cfg!(loom) {
                    true => thread == 0,
                    false => round % 3 == 0,
                };
                let checked = match changes {
                    true => theirs.change(thread, which, &me),
                    false => theirs.find(thread, which, &me),
                };
                assert_eq!(checked, Ok(()));
            }
        });
        work.settle(&waiter(), &mut found);
    });
}

#[test]
fn users_of_one_lock() {
    users(2, 2, one);
}

#[test]
fn users_of_locked_buckets() {
    users(2, 2, locked);
}

#[test]
fn users_of_lookups_without_a_lock() {
    users(2, 2, lockfree);
}

#[cfg(not(loom))]
#[test]
fn more_users() {
    users(4, 8, one);
    users(4, 8, locked);
    users(4, 8, lockfree);
}

/// The `nth` key of `bucket`, of two.
fn key(bucket: u32, nth: usize) -> u64 {
    let its = |&key: &u64| bucket_of(key, 2) == bucket;
    (0..).filter(its).nth(nth).unwrap()
}

/// One looks for a key that stays, between entry 1 before it and entry 2 behind it, which have these
/// keys; the other `moves` those, round by round.
fn stays_found<T: Table + Send + 'static>(
    table: fn(u32) -> T,
    [before_it, behind_it]: [u64; 2],
    moves: fn(&T, usize, &Waiter),
) {
    check(3, move || {
        let (table, me) = (Arc::new(table(3)), waiter());
        table.insert(2, behind_it, 12, &me);
        table.insert(0, key(0, 0), 10, &me);
        table.insert(1, before_it, 11, &me);
        let theirs = table.clone();
        together(2, move |thread| {
            let me = waiter();
            for round in 1..=ROUNDS as usize {
                match thread {
                    0 => moves(&theirs, round, &me),
                    _ => assert_eq!(theirs.find(key(0, 0), &me), Some(10)),
                }
            }
        });
        assert_eq!(table.entries(), 3);
    });
}

/// What is before the key at the chain's end is moved to the other chain, and back.
fn a_key_that_stays_is_found<T: Table + Send + 'static>(table: fn(u32) -> T) {
    stays_found(table, [key(0, 1), key(1, 0)], |table, round, me| {
        table.remove(1, me);
        table.insert(1, key(round as u32 % 2, 1 + round % 2), 13, me);
    });
}

#[test]
fn a_key_that_stays_is_found_under_one_lock() {
    a_key_that_stays_is_found(one);
}

#[test]
fn a_key_that_stays_is_found_under_its_buckets_lock() {
    a_key_that_stays_is_found(locked);
}

#[test]
fn a_key_that_stays_is_found_without_a_lock() {
    a_key_that_stays_is_found(lockfree);
}

/// What is behind the key is moved to the other chain, and then in front of that what is before it.
/// Whoever follows that one sees the other as it is.
fn a_key_between_two_that_move_is_found<T: Table + Send + 'static>(table: fn(u32) -> T) {
    stays_found(table, [key(0, 2), key(0, 1)], |table, round, me| {
        for (entry, nth) in [(2, 1), (1, 2)] {
            table.remove(entry, me);
            table.insert(entry, key(round as u32 % 2, nth), 13, me);
        }
    });
}

#[test]
fn a_key_between_two_that_move_is_found_without_a_lock() {
    a_key_between_two_that_move_is_found(lockfree);
}

/// An entry is used again for the key that is looked for: its old value goes with its old key.
fn a_value_goes_with_its_key<T: Table + Send + 'static>(table: fn(u32) -> T) {
    (0..2).for_each(|first| a_value_goes_with(first, table));
}

/// As above; what is looked for first is the old key, or the new one.
fn a_value_goes_with<T: Table + Send + 'static>(first: usize, table: fn(u32) -> T) {
    check(3, move || {
        let (old, new) = (key(0, 0), key(0, 1));
        let table = Arc::new(table(1));
        table.insert(0, old, old, &waiter());
        let theirs = table.clone();
        on(0, || {
            together(2, move |thread| {
                let me = waiter();
                for round in 0..ROUNDS as usize {
                    if thread == 1 {
                        let wanted = [old, new][(first + round / 2) % 2];
                        assert!(theirs.find(wanted, &me).is_none_or(|value| value == wanted));
                        continue;
                    }
                    let key = [new, old][round % 2];
                    theirs.remove(0, &me);
                    theirs.insert(0, key, key, &me);
                }
            })
        });
    });
}

#[test]
fn a_value_goes_with_its_key_under_one_lock() {
    a_value_goes_with_its_key(one);
}

#[test]
fn a_value_goes_with_its_key_under_its_buckets_lock() {
    a_value_goes_with_its_key(locked);
}

#[test]
fn a_value_goes_with_its_key_without_a_lock() {
    a_value_goes_with_its_key(lockfree);
}

#[cfg(loom)]
mod busted {
    use super::*;

    fn busted(n: u32) -> impl Table {
        algo::bottleneck::hash::Busted::new(entries(n), buckets::<Tas>(2))
    }

    #[test]
    #[should_panic(expected = "left == right")]
    fn is_caught_missing_a_key() {
        a_key_that_stays_is_found(busted);
    }

    #[test]
    #[should_panic(expected = "is_none_or")]
    fn is_caught_with_anothers_value() {
        a_value_goes_with_its_key(busted);
    }
}

#[test]
fn what_is_missed_or_foreign_is_found_out() {
    /// Finds what it was made with.
    struct Always(Option<u64>);
    impl Table for Always {
        const NAME: &'static str = "always";
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
        let truths = || (0..4).map(|_| Truth::new()).collect::<Vec<_>>();
        let blind = Work::new(Always(None), truths(), 2, &me);
        assert_eq!(blind.find(0, 0, &me), Err("missed"));
        assert_eq!(blind.find(0, 2, &me), Err("missed"));
        assert_eq!(blind.find(0, 1, &me), Err("missed"));
        assert_eq!(blind.find(0, 3, &me), Ok(()));
        let wild = Work::new(Always(Some(7)), truths(), 2, &me);
        assert_eq!(wild.find(0, 3, &me), Err("foreign"));
        assert_eq!(wild.change(0, 1, &me), Err("stale"));
        let mut wrong = Vec::new();
        wild.settle(&me, &mut |_, seen, due| wrong.push((seen, due)));
        assert_eq!(wrong, [(0, 4), (3, 4)]);
    });
}
