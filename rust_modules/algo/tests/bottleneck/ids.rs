// SPDX-License-Identifier: GPL-2.0

//! No number comes twice, none is left out without it being said, and the sums tell.

use algo::{
    bottleneck::ids::{Busted, Exact, Ids, Sums},
    counter::BatchedIds,
    primitive::{on, PerVcpu},
};

use crate::support::{check, together, Arc, ROUNDS};

#[cfg(loom)]
use loom::sync::Mutex;
#[cfg(not(loom))]
use std::sync::Mutex;

/// Two threads take numbers; what they took comes to what was given out.
fn takers<T: Ids + Send + 'static>(ids: fn() -> T) {
    check(3, move || {
        let ids = Arc::new(ids());
        let all = Arc::new(Mutex::new(Sums::default()));
        let (theirs, sums) = (ids.clone(), all.clone());
        together(2, move |thread| {
            let mut mine = Sums::default();
            on(thread, || {
                (0..3 * ROUNDS).for_each(|_| mine.add(theirs.next()))
            });
            let mut sums = sums.lock().unwrap();
            *sums = sums.with(mine);
        });
        assert_eq!(*all.lock().unwrap(), ids.given(), "a number came twice");
    });
}

#[test]
fn of_one_atomic() {
    takers(Exact::new);
}

#[test]
fn of_batches() {
    takers(|| BatchedIds::new(PerVcpu::new(2), 2));
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "a number came twice")]
fn of_what_is_read_and_then_written() {
    takers(Busted::new);
}

#[test]
fn sums_are_those_of_each_number() {
    check(1, || {
        for range in [0..0, 0..1, 0..9, 7..8, 3..1000, 999..1001] {
            let mut each = Sums::default();
            range.clone().for_each(|n| each.add(n));
            assert_eq!(Sums::of(range.clone()), each, "{range:?}");
            assert_eq!(
                Sums::of(0..range.end).without(each),
                Sums::of(0..range.start)
            );
        }
        // Beyond what fits: by one number more.
        let much = 1 << 63;
        let more = Sums::of(much..much + 1);
        assert_eq!((more.count, more.sum, more.squares), (1, much, 0));
    });
}

#[test]
fn what_comes_twice_shows_whatever_is_left_out() {
    check(1, || {
        let busted = Busted::new();
        let mut twice = Sums::default();
        (0..10).for_each(|_| twice.add(busted.next()));
        assert_eq!(twice, busted.given());
        let (one_twice, one_less) = (Sums::of(3..4), Sums::of(4..5));
        assert_ne!(twice.with(one_twice).without(one_less), busted.given());
    });
}
