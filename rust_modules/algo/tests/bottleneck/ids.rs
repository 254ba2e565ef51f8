// SPDX-License-Identifier: GPL-2.0

//! No number is given out twice, none is skipped unrecorded, and the sums detect duplicates.

use algo::{
    bottleneck::ids::{Busted, Exact, Ids, Sums},
    counter::BatchedIds,
    primitive::PerVcpu,
};

use crate::{check, race, ROUNDS};

#[cfg(loom)]
use loom::sync::Mutex;
#[cfg(not(loom))]
use std::sync::Mutex;

/// The numbers that two threads take are those that were given out.
fn taken<T: Ids + Send + 'static>(ids: fn() -> T) {
    let new = move || (ids(), Mutex::new(Sums::default()));
    let step = |(ids, all): &(T, Mutex<Sums>), _, _: &_| {
        let mut mine = Sums::default();
        (0..3 * ROUNDS).for_each(|_| mine.add(ids.next()));
        let mut all = all.lock().unwrap();
        *all = all.with(mine);
    };
    race(3, 2, new, step, |(ids, all)| {
        assert_eq!(*all.lock().unwrap(), ids.given(), "duplicate number");
    });
}

tests! {
    exact_gives_each_number_once => taken(Exact::default);
    batched_ids_gives_each_number_once => taken(|| BatchedIds::new(PerVcpu::new(2), 2));
    #[cfg(loom)]
    #[should_panic(expected = "duplicate number")]
    busted_is_caught => taken(Busted::default);
}

#[test]
fn sums_of_a_range_are_those_of_its_numbers() {
    check(1, || {
        for range in [0..0, 0..1, 0..9, 7..8, 3..1000, 999..1001] {
            let mut each = Sums::default();
            range.clone().for_each(|n| each.add(n));
            assert_eq!(Sums::of(range.clone()), each, "{range:?}");
            let rest = Sums::of(0..range.end).without(each);
            assert_eq!(rest, Sums::of(0..range.start));
        }
        // Sums that wrap around differ by one number.
        let much = 1 << 63;
        let more = Sums::of(much..much + 1);
        assert_eq!((more.count, more.sum, more.squares), (1, much, 0));
    });
}

#[test]
fn sums_detect_a_duplicate_whichever_number_is_missing() {
    check(1, || {
        let busted = Busted::default();
        let mut taken = Sums::default();
        (0..10).for_each(|_| taken.add(busted.next()));
        assert_eq!(taken, busted.given());
        let (twice, missing) = (Sums::of(3..4), Sums::of(4..5));
        assert_ne!(taken.with(twice).without(missing), busted.given());
    });
}
