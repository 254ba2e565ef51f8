// SPDX-License-Identifier: GPL-2.0

//! Every counter's exact sum is exact, and what is not is caught.

use abi::sloppy_counter::{Config, Counter};
use anyhow::ensure;
use debugfs::{vcpus, Outcome, SloppyCounter};

use super::{comes_out, expect, threads};
use crate::suite::Test;

/// The tests of `sloppy-counter`'s runs.
pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for &counter in Counter::ALL {
        for threads in threads() {
            tests.push(test(counter, threads));
        }
    }
    for threshold in [1, 2, 1 << 10, 1 << 20] {
        tests.push(threshold_bounds(threshold));
    }
    tests.push(Test::new("counter/exact/is_never_off", never_off));
    tests
}

fn config(counter: Counter, threads: u32) -> Config {
    Config {
        counter,
        threads,
        run_ms: if counter == Counter::Busted { 200 } else { 50 },
        ..Config::default()
    }
}

fn test(counter: Counter, threads: u32) -> Test {
    let (verb, outcome) = match (counter, threads) {
        (Counter::Busted, 1) => ("is_not_caught", Outcome::Untested),
        (Counter::Busted, _) => ("is_caught", Outcome::Caught),
        // One thread alone cannot break it, but what it did must be there.
        (_, 1) => ("is_exact", Outcome::Untested),
        _ => ("is_exact", Outcome::Held),
    };
    let name = format!("counter/{counter}/{verb}_with_{threads}");
    let config = config(counter, threads);
    if counter == Counter::Busted {
        return expect::<SloppyCounter>(name, config, outcome);
    }
    Test::new(name, move || {
        let report = comes_out::<SloppyCounter>(&config, outcome)?;
        let sum = report.sum;
        ensure!(sum.adds > 0 && report.lost() == 0, "{sum}");
        ensure!(report.error().unsigned_abs() <= sum.bound.into(), "{sum}");
        Ok(())
    })
}

/// The cheap read keeps what the threshold promises.
fn threshold_bounds(threshold: u32) -> Test {
    let name = format!("counter/sloppy/threshold_{threshold}_bounds_the_read");
    Test::new(name, move || {
        let config = Config {
            threshold,
            ..config(Counter::Sloppy, vcpus())
        };
        let report = comes_out::<SloppyCounter>(&config, Outcome::Held)?;
        let most = u64::from(threshold) * u64::from(vcpus());
        ensure!(report.sum.bound <= most, "{}, at most {most}", report.sum);
        Ok(())
    })
}

fn never_off() -> anyhow::Result<()> {
    let config = config(Counter::Exact, vcpus());
    let report = comes_out::<SloppyCounter>(&config, Outcome::Held)?;
    ensure!(
        report.sum.bound == 0 && report.error() == 0,
        "{}",
        report.sum
    );
    ensure!(report.sum.adds > 0, "{}", report.sum);
    Ok(())
}
