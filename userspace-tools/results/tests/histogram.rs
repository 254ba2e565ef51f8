// SPDX-License-Identifier: GPL-2.0

//! A histogram that `algo` records and `abi` writes has the right quantiles once `results` has parsed it.

use abi::histogram::{write, Head, Of};
use algo::{
    histogram::{Histogram, BUCKETS},
    primitive::Atomic,
};
use results::{
    histogram::{merged, Histogram as Times},
    ThreadHistogram,
};

/// What a module reports of these samples.
fn reported(index: u32, samples: &[u64]) -> ThreadHistogram {
    let words: Vec<_> = (0..BUCKETS).map(|_| Atomic::new(0)).collect();
    let histogram = Histogram::new(words);
    samples.iter().for_each(|&sample| histogram.record(sample));
    let head = Head {
        of: Of::Wait,
        index,
        vcpu: index,
        count: histogram.total(),
        longest_ns: samples.iter().copied().max().unwrap_or(0),
    };
    let mut line = String::new();
    write(&head, histogram.buckets(), &mut line).unwrap();
    ThreadHistogram::parse(&line).unwrap()
}

/// Numbers of all sizes that look random.
fn samples(seed: u64, count: usize) -> Vec<u64> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        state >> 33
    };
    (0..count).map(|_| next() >> (next() % 31)).collect()
}

#[test]
fn quantile_is_at_most_1_32_above_exact_and_never_below() {
    for seed in 0..20 {
        let mut all = samples(seed, 3000);
        let times = reported(0, &all).times;
        all.sort_unstable();
        for part in [0.5, 0.9, 0.99, 0.999, 0.9999, 1.0] {
            let exact = all[(all.len() as f64 * part).ceil() as usize - 1];
            let found = times.quantile(part).unwrap();
            assert!(found >= exact, "{part} of {seed}: {found} < {exact}");
            assert!(
                found - exact <= exact / 32,
                "{part} of {seed}: {found} > {exact}"
            );
        }
        assert_eq!(times.quantile(1.0), all.last().copied());
    }
}

/// The waits stand one after the other; moments at even distances each meet one of them.
fn met(waits: &[u64], moments: u64) -> Vec<u64> {
    let all: u64 = waits.iter().sum();
    let mut moments = (0..moments).map(|n| all / moments * n).peekable();
    let (mut end, mut met) = (0, Vec::new());
    for wait in waits {
        end += wait;
        while moments.next_if(|moment| *moment < end).is_some() {
            met.push(*wait);
        }
    }
    met.sort_unstable();
    met
}

#[test]
fn quantile_by_time_is_of_the_wait_met_at_a_random_moment() {
    for seed in 0..20 {
        let all = samples(seed, 3000);
        let (times, met) = (reported(0, &all).times, met(&all, 10_000));
        for part in [0.1, 0.5, 0.9, 0.99] {
            // A bucket is 1/32 wide, so a share of time is known within 1/64 of itself.
            let exact = |part: f64| met[((met.len() as f64 * part) as usize).min(met.len() - 1)];
            let (low, high) = (exact(part * 0.97), exact((part * 1.03).min(1.0)));
            let found = times.quantile_by_time(part).unwrap();
            assert!(
                found >= low && found <= high + high / 32,
                "{part} of {seed}: {found}, {low} to {high}"
            );
            assert!(found >= times.quantile(part).unwrap());
        }
        assert_eq!(times.quantile_by_time(1.0), all.iter().max().copied());
    }
}

/// A thousand sections wait for 1 us, one for 1 s: a second of the two is the long one.
#[test]
fn one_long_wait_outweighs_many_short_ones_by_time() {
    let all = [vec![1_000; 1000], vec![1_000_000_000]].concat();
    let times = reported(0, &all).times;
    assert!(times.quantile(0.99).unwrap() < 1_050);
    assert_eq!(times.quantile_by_time(0.5), Some(1_000_000_000));
    let free = reported(0, &[0, 0, 0]).times;
    assert_eq!(
        (free.quantile(0.5), free.quantile_by_time(0.5)),
        (Some(0), None)
    );
}

#[test]
fn merged_threads_equal_one_thread() {
    let (a, b) = (samples(1, 500), samples(2, 700));
    let sum = merged(&[reported(0, &a), reported(1, &b)], Of::Wait);
    assert_eq!(sum, reported(0, &[a, b].concat()).times);
    assert_eq!(sum.count(), 1200);
    assert_eq!(merged(&[], Of::Wait).quantile(0.5), None);
}

#[test]
fn empty_histogram_has_no_quantile() {
    let none = reported(3, &[]);
    assert_eq!((none.times.count(), none.head.index), (0, 3));
    assert_eq!(none.times.quantile(0.5), None);
}

#[test]
fn malformed_buckets_are_refused() {
    let head = "histogram of=wait index=0 vcpu=0 count=1 longest_ns=7";
    assert!(ThreadHistogram::parse(&format!("{head} buckets=7:1")).is_ok());
    for line in [
        head.to_string(),
        format!("{head} buckets=7"),
        format!("{head} buckets=7:x"),
        format!("{head} buckets=7:1,,:2"),
        format!("{head} buckets=7:1 more=1"),
        "histogram of=idle index=0 vcpu=0 count=0 longest_ns=0 buckets=".to_string(),
    ] {
        assert!(ThreadHistogram::parse(&line).is_err(), "{line}");
    }
}

#[test]
fn json_holds_every_bucket() {
    let json = serde_json::to_string(&reported(1, &[5, 5, 100])).unwrap();
    let expected = concat!(
        r#"{"of":"wait","index":1,"vcpu":1,"count":3,"longest_ns":100,"#,
        r#""buckets":[[5,2],[100,1]]}"#
    );
    assert_eq!(json, expected);
}

/// The hand-overs of a lock that nearly all take one length: those cut short are spread over many.
#[test]
fn quickest_mode_is_not_moved_by_what_is_rarer() {
    let lengths = |short: u64, mode: u64| {
        let spread = (0..short).map(|i| (180 + 4 * i, 1));
        Times::new(spread.chain([(320, mode), (336, 10)]), 350)
    };
    for short in 0..=20 {
        let times = lengths(short, 200);
        assert_eq!(times.quickest_mode(0.1), Some(327), "{short} short ones");
    }
    // The quantile is: it is of the rare ones as soon as they are more than its part.
    let quantile = |short| lengths(short, 200).quantile(0.05);
    assert_ne!(quantile(20), quantile(5));
}

#[test]
fn quickest_mode_is_the_first_of_two() {
    for first in [10, 50, 90] {
        let times = Times::new([(156, first), (172, 100 - first)], 175);
        assert_eq!(times.quickest_mode(0.1), Some(159), "{first} of 100");
    }
    let rare = Times::new([(156, 9), (172, 91)], 175);
    assert_eq!(rare.quickest_mode(0.1), Some(175));
    assert_eq!(Times::default().quickest_mode(0.1), None);
    let even = Times::new((0..20).map(|i| (100 + 10 * i, 1)), 300);
    assert_eq!(even.quickest_mode(0.1), None, "no length is usual");
}
