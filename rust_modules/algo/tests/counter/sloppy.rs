// SPDX-License-Identifier: GPL-2.0

//! The sum of a sloppy counter is exact, and its read within its bound.

use std::cmp::Ordering;

use algo::{
    counter::{Counter, Sloppy},
    primitive::{on, Atomic, PerVcpu, Relaxed},
};

use crate::{
    support::{check, share, together, Arc, ROUNDS},
    OneIsLeft, Vcpus,
};

const THREADS: u32 = 2;

fn sloppy(threshold: u32) -> Sloppy {
    Sloppy::new(PerVcpu::new(THREADS), threshold)
}

/// At rest: the sum is `sum`, and the read no further off than it says.
pub fn is(count: &Sloppy, sum: i64) {
    assert_eq!(count.sum(), sum);
    let off = sum.abs_diff(count.read());
    assert!(off <= count.bound(), "off by {off} of {}", count.bound());
}

/// Up and down, by much and by little: at every step a vCPU holds back less than the threshold,
/// and what it holds is what is missing from the read.
#[test]
fn a_vcpu_holds_back_less_than_the_threshold() {
    check(1, || {
        let (count, mut truth) = (sloppy(3), 0);
        let small = [1, 1, 1, 2, -1, -1, -1, -1, -3, 3, 5, -2, -2];
        let large = [1 << 33, -(1 << 33), 2];
        for n in small.into_iter().chain(large) {
            count.add(n);
            truth += n;
            assert!(count.held(0).unsigned_abs() < 3, "{} held", count.held(0));
            assert_eq!(count.read() + count.held(0), truth);
            is(&count, truth);
        }
    });
}

/// The low half of the sum overflows and underflows, and the central count gives the upper half.
#[test]
fn the_sum_survives_its_low_half() {
    check(1, || {
        let (count, mut truth) = (sloppy(1000), 0);
        let up = [999, (1 << 32) - 1, 999, 1 << 31];
        let down = [-(1 << 35), 1, -999, -999, -1];
        for n in up.into_iter().chain(down) {
            count.add(n);
            truth += n;
            is(&count, truth);
        }
    });
}

/// While others add, the sum is one that the count had meanwhile.
#[test]
fn the_sum_is_right_while_others_add() {
    check(3, || {
        let count = Arc::new(sloppy(2));
        on(1, || count.add(1));
        share(&count, move |theirs, i| {
            if i == 0 {
                on(0, || (0..3 * ROUNDS).for_each(|_| theirs.add(1)));
            } else {
                let mut least = 1;
                for _ in 0..ROUNDS {
                    let sum = theirs.sum();
                    assert!((least..=3 * i64::from(ROUNDS) + 1).contains(&sum), "{sum}");
                    least = sum;
                }
            }
        });
        is(&count, 3 * i64::from(ROUNDS) + 1);
    });
}

/// A read in the middle of it all is off by no more than it says, and one addition under way.
#[test]
fn it_reads_within_its_bound_while_it_counts() {
    check(3, || {
        let count = Arc::new(sloppy(2));
        on(0, || (0..3).for_each(|_| count.add(1)));
        share(&count, move |theirs, i| {
            if i == 0 {
                on(0, || (0..3 * ROUNDS).for_each(|_| theirs.add(1)));
            } else {
                let read = theirs.read_within();
                assert_eq!(read.bound, 2);
                let most = 3 + 3 * i64::from(ROUNDS);
                assert!((1..=most).contains(&read.value), "{read:?}");
            }
        });
        is(&count, 3 + 3 * i64::from(ROUNDS));
    });
}

/// A bound that shrinks is not that of a value from before the fold.
#[test]
fn it_reads_within_its_bound_while_that_shrinks() {
    check(3, || {
        let count = Arc::new(sloppy(8));
        on(0, || (0..7).for_each(|_| count.add(1)));
        share(&count, move |theirs, i| {
            if i == 0 {
                theirs.set_threshold(2);
                on(0, || theirs.fold());
                theirs.settle();
            } else {
                let read = theirs.read_within();
                assert!(read.value.abs_diff(7) <= read.bound, "{read:?}");
            }
        });
        assert_eq!((count.read(), count.bound()), (7, 2));
    });
}

/// A reader that is preempted while others add 2³¹ and more.
#[test]
fn the_sum_is_right_however_much_others_add_meanwhile() {
    const MUCH: i64 = 1 << 30;
    check(3, || {
        let count = Arc::new(sloppy(2));
        share(&count, move |theirs, i| {
            if i == 0 {
                on(0, || (0..3 * ROUNDS).for_each(|_| theirs.add(MUCH)));
            } else {
                let mut least = 0;
                for _ in 0..ROUNDS {
                    let sum = theirs.sum();
                    assert_eq!(sum % MUCH, 0);
                    let most = 3 * i64::from(ROUNDS);
                    assert!((least..=most).contains(&(sum / MUCH)), "{}", sum / MUCH);
                    least = sum / MUCH;
                }
            }
        });
        is(&count, 3 * i64::from(ROUNDS) * MUCH);
    });
}

#[test]
fn it_compares_by_the_bound_or_by_the_sum() {
    check(1, || {
        let count = sloppy(10);
        (0..25).for_each(|_| count.add(1));
        assert_eq!((count.read(), count.bound()), (20, 18));
        let cheap = |value| count.read_within().compare(value);
        assert_eq!(cheap(1), Some(Ordering::Greater));
        assert_eq!(cheap(39), Some(Ordering::Less));
        assert!([2, 20, 24, 25, 38].iter().all(|&v| cheap(v).is_none()));
        for value in [1, 2, 24, 25, 26, 38, 39] {
            assert_eq!(count.compare(value), 25.cmp(&value), "{value}");
        }
    });
}

#[test]
fn each_addition_is_taken_once() {
    check(3, || {
        let count = Arc::new(sloppy(2));
        let taken = Arc::new([0, 1].map(|_| Atomic::new(0i64)));
        let (theirs, sink) = (count.clone(), taken.clone());
        together(2, move |i| {
            on(i, || {
                for _ in 0..ROUNDS {
                    theirs.add(1);
                    sink[i as usize].add(theirs.take(), Relaxed);
                }
            });
        });
        let all = |i: usize| taken[i].load(Relaxed);
        let left = count.take();
        assert!(left >= 0 && all(0) >= 0 && all(1) >= 0);
        assert_eq!(all(0) + all(1) + left, 2 * i64::from(ROUNDS));
        assert_eq!(count.take(), 0);
    });
}

/// A fold comes as an interrupt does, in the middle of anything.
#[test]
fn a_fold_loses_nothing() {
    check(3, || {
        let count = Arc::new(sloppy(3));
        share(&count, move |theirs, i| {
            if i == 0 {
                on(0, || (0..3 * ROUNDS).for_each(|_| theirs.add(1)));
            } else {
                (0..ROUNDS).for_each(|_| theirs.fold_all(&Vcpus(THREADS)));
            }
        });
        is(&count, 3 * i64::from(ROUNDS));
        count.fold_all(&Vcpus(THREADS));
        assert_eq!(count.read(), 3 * i64::from(ROUNDS));
    });
}

#[test]
fn a_vcpu_that_goes_leaves_nothing_behind() {
    check(1, || {
        let count = sloppy(100);
        on(0, || (0..5).for_each(|_| count.add(3)));
        on(1, || (0..5).for_each(|_| count.add(-4)));
        count.fold_dead(7);
        assert_eq!((count.read(), count.held(1)), (0, -20));
        count.fold_all(&OneIsLeft(THREADS));
        assert_eq!((count.read(), count.held(1), count.sum()), (-5, 0, -5));
        on(1, || count.add(9));
        is(&count, 4);
    });
}

#[test]
fn a_change_of_the_threshold_loses_nothing() {
    check(3, || {
        let count = Arc::new(sloppy(4));
        share(&count, move |theirs, i| {
            on(i, || {
                for n in 0..ROUNDS {
                    if i == 0 {
                        theirs.set_threshold(1 + n % 4);
                    }
                    theirs.add(1);
                }
            })
        });
        is(&count, 2 * i64::from(ROUNDS));
        assert_eq!(
            count.bound(),
            6,
            "of the highest threshold until it is settled"
        );
        count.set_threshold(2);
        count.fold_all(&Vcpus(THREADS));
        count.settle();
        is(&count, 2 * i64::from(ROUNDS));
        assert_eq!(count.bound(), 2);
    });
}

/// The bound grows with the threshold at once, and shrinks when it may.
#[test]
fn the_bound_follows_the_threshold() {
    check(1, || {
        let count = sloppy(4);
        count.set_threshold(8);
        assert_eq!(count.bound(), 14);
        (0..7).for_each(|_| count.add(1));
        assert_eq!((count.read(), count.held(0)), (0, 7));
        count.set_threshold(2);
        assert_eq!(count.bound(), 14);
        is(&count, 7);
        count.add(1);
        assert_eq!((count.read(), count.held(0)), (8, 0));
        count.fold_all(&Vcpus(THREADS));
        count.settle();
        assert_eq!(count.bound(), 2);
        count.set_threshold(u32::MAX);
        assert!(count.bound() < 1 << 30, "the sum would be ambiguous");
    });
}
