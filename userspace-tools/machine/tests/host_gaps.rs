// SPDX-License-Identifier: GPL-2.0

//! The simulated EEVDF beside measurements of real schedulers, which `examples/host_gaps.rs` makes.

use std::{fs, path::Path};

use self::gaps::{simulate, Measurement, Observed};

mod gaps;

const MS: u64 = 1_000_000;

#[test]
fn runs_and_gaps_are_found_in_the_readings_of_a_clock() {
    let mut now = 0;
    let mut readings = 0;
    // Each 25 readings there is a gap of 3 ms.
    let clock = || {
        readings += 1;
        now += if readings % 25 == 0 { 3 * MS } else { 40_000 };
        now
    };
    let found = Observed::watch(200 * MS, clock).quantiles().unwrap();
    assert_eq!((found.gaps.min, found.gaps.max), (3 * MS, 3 * MS));
    assert_eq!((found.runs.min, found.runs.max), (24 * 40_000, 24 * 40_000));
    assert_eq!(found.gaps.count, found.runs.count + 1);
}

#[test]
fn no_quantiles_without_gaps() {
    let mut now = 0;
    let clock = || {
        now += 40_000;
        now
    };
    assert!(Observed::watch(200 * MS, clock).quantiles().is_none());
}

#[test]
fn simulated_threads_run_for_slices_rounded_up_to_ticks() {
    // Four threads on two CPUs, and eight: a run each for one and three of others.
    for (threads, others) in [(4, 1), (8, 3)] {
        let found = simulate(threads, 2, 2, 1_400_000, 4 * MS).unwrap();
        assert!(found.runs.p50.abs_diff(4 * MS) < MS / 10, "{found:?}");
        assert!(
            found.gaps.p50.abs_diff(others * 4 * MS) < MS / 10,
            "{found:?}"
        );
    }
}

#[test]
fn simulated_medians_are_those_of_real_hosts_within_a_quarter() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files = 0;
    for file in fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let of: Measurement = serde_json::from_str(&text).unwrap();
        assert!(
            of.load < 1.0,
            "{path:?}: the host had a load of {}",
            of.load
        );
        let simulated = simulate(
            of.threads,
            of.cpus,
            of.seconds,
            of.base_slice_ns,
            of.tick_ns,
        )
        .unwrap();
        let medians = [
            ("runs", of.measured.runs.p50, simulated.runs.p50),
            ("gaps", of.measured.gaps.p50, simulated.gaps.p50),
        ];
        for (what, measured, simulated) in medians {
            let ratio = simulated as f64 / measured as f64;
            assert!(
                (0.75..1.25).contains(&ratio),
                "{path:?}: {what} of {measured} and {simulated} ns"
            );
        }
        files += 1;
    }
    assert!(files > 0, "no file in {data:?}");
}
