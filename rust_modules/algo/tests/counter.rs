// SPDX-License-Identifier: GPL-2.0

//! A counter loses nothing, and is never further off than it says.

mod support;
use support::{check, together, Arc, ROUNDS};

use algo::counter::{Counter, Exact, Lane, Sloppy};

const THREADS: usize = 2;

fn lanes() -> Arc<[Lane; THREADS]> {
    Arc::new([Lane::new(), Lane::new()])
}

#[test]
fn exact_loses_nothing() {
    check(4, || {
        let (count, lanes) = (Arc::new(Exact::new()), lanes());
        let theirs = count.clone();
        together(2, move |i| {
            (0..ROUNDS).for_each(|_| theirs.add(&lanes[i as usize], i64::from(i) + 1));
        });
        assert_eq!(count.read(), 3 * i64::from(ROUNDS));
    });
}

fn sloppy(threshold: u32, add: fn(u32) -> i64) {
    check(4, move || {
        let (count, lanes) = (Arc::new(Sloppy::new(threshold)), lanes());
        let (theirs, held) = (count.clone(), lanes.clone());
        together(2, move |i| {
            (0..2 * ROUNDS).for_each(|_| theirs.add(&held[i as usize], add(i)));
        });
        let sum = count.sum(lanes.iter());
        assert_eq!(sum, (add(0) + add(1)) * 2 * i64::from(ROUNDS));
        let off = sum.abs_diff(count.read());
        assert!(
            off <= THREADS as u64 * u64::from(threshold - 1),
            "off by {off}"
        );
    });
}

#[test]
fn sloppy_loses_nothing() {
    sloppy(2, |i| i64::from(i) + 1);
}

#[test]
fn sloppy_loses_nothing_when_it_counts_down() {
    sloppy(3, |i| 1 - 2 * i64::from(i));
}

#[test]
fn sloppy_with_a_threshold_of_one_is_exact() {
    sloppy(1, |_| 1);
}

#[test]
fn sloppy_loses_nothing_when_the_threshold_changes() {
    check(3, || {
        let (count, lanes) = (Arc::new(Sloppy::new(4)), lanes());
        let (theirs, held) = (count.clone(), lanes.clone());
        together(2, move |i| {
            for n in 0..ROUNDS {
                if i == 0 {
                    theirs.set_threshold(1 + n % 4);
                }
                theirs.add(&held[i as usize], 1);
            }
        });
        assert_eq!(count.sum(lanes.iter()), 2 * i64::from(ROUNDS));
        let off = count.sum(lanes.iter()).abs_diff(count.read());
        assert!(off <= 2 * 3, "off by {off}");
    });
}

/// A read in the middle of it all is off by no more than the lanes hold back.
#[test]
fn sloppy_reads_within_its_bound_while_it_counts() {
    check(3, || {
        let (count, lanes) = (Arc::new(Sloppy::new(2)), lanes());
        let (theirs, held) = (count.clone(), lanes.clone());
        together(2, move |i| {
            if i == 0 {
                (0..3 * ROUNDS).for_each(|_| theirs.add(&held[0], 1));
            } else {
                let read = theirs.read();
                assert!((0..=3 * i64::from(ROUNDS)).contains(&read), "{read}");
            }
        });
        assert!(count.sum(lanes.iter()) - count.read() <= 1);
    });
}

/// What a lane holds back stays below the threshold at every step, up and down.
#[test]
fn a_lane_holds_back_less_than_the_threshold() {
    check(1, || {
        let (count, lane) = (Sloppy::new(3), Lane::new());
        for n in [1, 1, 1, 2, -1, -1, -1, -1, -3, 3, 5] {
            count.add(&lane, n);
            assert!(lane.get().unsigned_abs() < 3, "{} held back", lane.get());
        }
        assert_eq!(count.sum([&lane].into_iter()), 6);
    });
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn busted_is_caught() {
    check(2, || {
        let (count, lanes) = (Arc::new(algo::counter::Busted::new()), lanes());
        together(2, move |i| count.add(&lanes[i as usize], 1));
    });
}
