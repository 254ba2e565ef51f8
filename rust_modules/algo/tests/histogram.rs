// SPDX-License-Identifier: GPL-2.0

//! A sample counts once, in the bucket of its value, for concurrent readers as well.

mod support;
use support::{check, thread, Arc, ROUNDS};

use algo::{histogram::Histogram, primitive::Atomic};

fn histogram(words: usize) -> Histogram<Vec<Atomic<u64>>> {
    Histogram::new((0..words).map(|_| Atomic::new(0)).collect())
}

/// A reader sees a number of samples that was true at some time, and never fewer than before.
#[test]
fn reading_holds_the_samples_recorded_before() {
    check(3, || {
        // loom is spared the other words.
        let shared = Arc::new(histogram(2));
        let theirs = shared.clone();
        let writer = thread::spawn(move || {
            for i in 0..2 * ROUNDS {
                theirs.record(u64::from(i % 2));
            }
        });
        let (first, second) = (shared.total(), shared.total());
        assert!(first <= second && second <= u64::from(2 * ROUNDS));
        writer.join().unwrap();
        assert!(shared
            .buckets()
            .eq([(0, ROUNDS.into()), (1, ROUNDS.into())]));
    });
}

#[cfg(not(loom))]
mod buckets {
    use super::histogram;
    use algo::histogram::{BUCKETS, SUB_BITS, TOP};

    /// The one bucket that holds a sample.
    fn low_of(value: u64) -> u64 {
        let one = histogram(BUCKETS);
        one.record(value);
        let mut buckets = one.buckets();
        let (low, count) = buckets.next().unwrap();
        assert_eq!((count, buckets.next()), (1, None), "{value}");
        low
    }

    #[test]
    fn bucket_is_at_most_a_32nd_of_its_value_wide() {
        let powers = (0..36).flat_map(|p| [(1 << p) - 1, 1 << p, (1 << p) + 1, (1 << p) * 3 / 2]);
        for value in powers.chain(0..2000).chain([TOP - 1, TOP]) {
            let low = low_of(value);
            assert!(low <= value, "{value} in {low}");
            assert!(value - low <= value >> SUB_BITS, "{value} in {low}");
        }
    }

    #[test]
    fn buckets_are_contiguous() {
        let mut before = 0;
        for value in 1..5000 {
            let low = low_of(value);
            assert!(low == before || low == value, "{value} in {low}");
            before = low;
        }
        assert_eq!(low_of(u64::MAX), low_of(TOP));
    }

    #[test]
    fn record_many_equals_repeated_record() {
        let (many, single) = (histogram(BUCKETS), histogram(BUCKETS));
        many.record_many(700, 3);
        (0..3).for_each(|_| single.record(700));
        assert!(many.buckets().eq(single.buckets()));
        assert_eq!(many.total(), 3);
    }
}
