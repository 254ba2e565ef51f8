// SPDX-License-Identifier: GPL-2.0

//! Every counter's exact sum is exact, its read within its bound, and what is not is caught.

use abi::sloppy_counter::{Config, Counter, Now, Switch, Work};
use anyhow::{ensure, Context, Result};
use results::{vcpus, Outcome, SloppyCounter};

use super::{comes_out, expect, threads};
use crate::{
    subject::{fresh, halt, Subject},
    suite::Test,
};

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
    for counter in AUDITED {
        tests.push(audited(counter));
    }
    let mut test = |name: &str, body: fn() -> Result<()>| tests.push(Test::new(name, body));
    test("counter/exact/is_never_off", never_off);
    test("counter/busted/breaks_its_bound", busted_is_audited);
    test("counter/sloppy/shows_itself_while_it_counts", shows_itself);
    test("counter/sloppy_ref/sees_each_zero_once", || {
        works(Work::Refs, 0)
    });
    test("counter/batched_ids/gives_none_twice", || {
        works(Work::Ids, 0)
    });
    test("counter/limited/reaches_its_limit_and_stops", || {
        works(Work::Limit, 1)
    });
    test("counter/sloppy/there_may_be_ten_thousand", || {
        works(Work::Many, 10_000)
    });
    tests
}

/// Counters whose reads have a bound while they count up.
const AUDITED: [Counter; 5] = [
    Counter::Exact,
    Counter::PercpuExact,
    Counter::PercpuCounter,
    Counter::Sloppy,
    Counter::Hierarchical,
];

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
        (Counter::Empty, _) => ("is_nothing", Outcome::Skip),
        (Counter::Busted, 1) => ("is_not_caught", Outcome::Skip),
        (Counter::Busted, _) => ("is_caught", Outcome::Caught),
        // One thread alone cannot break it, but what it did must be there.
        (_, 1) => ("is_exact", Outcome::Skip),
        _ => ("is_exact", Outcome::Pass),
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
        let report = comes_out::<SloppyCounter>(&config, Outcome::Pass)?;
        let most = u64::from(threshold - 1) * u64::from(vcpus());
        ensure!(report.sum.bound == most, "{}, not {most}", report.sum);
        Ok(())
    })
}

/// With folds, interrupts, changes of the threshold, and a vCPU that goes and comes.
fn rough(counter: Counter) -> Config {
    Config {
        audit: Switch::On,
        threshold: 256,
        burst: 500,
        fold_ms: 20,
        irq_ms: 7,
        change_ms: 60,
        onoff_ms: 100,
        run_ms: 600,
        ..config(counter, vcpus())
    }
}

fn audited(counter: Counter) -> Test {
    let name = format!("counter/{counter}/keeps_its_bound_whatever_comes");
    Test::new(name, move || {
        let mut config = rough(counter);
        loop {
            let report = comes_out::<SloppyCounter>(&config, Outcome::Pass)?;
            let audit = report.audit.context("audit=on")?;
            ensure!(audit.samples > 10 && audit.broken == 0, "{audit}");
            ensure!(audit.worst <= audit.bound, "{audit}");
            let each = [audit.folds, audit.interrupts, audit.changes, audit.deaths];
            if each.iter().all(|&n| n > 0) {
                return Ok(());
            }
            // The host had little time for it: everything in a longer run.
            config.run_ms *= 2;
            ensure!(config.run_ms < 20_000, "not all happened: {audit}");
        }
    })
}

fn busted_is_audited() -> Result<()> {
    let config = Config {
        run_ms: 300,
        audit: Switch::On,
        ..config(Counter::Busted, vcpus())
    };
    let report = comes_out::<SloppyCounter>(&config, Outcome::Caught)?;
    let audit = report.audit.context("audit=on")?;
    ensure!(audit.broken > 0, "{audit}");
    Ok(())
}

fn never_off() -> Result<()> {
    let config = config(Counter::Exact, vcpus());
    let report = comes_out::<SloppyCounter>(&config, Outcome::Pass)?;
    ensure!(
        report.sum.bound == 0 && report.error() == 0,
        "{}",
        report.sum
    );
    ensure!(report.sum.adds > 0, "{}", report.sum);
    Ok(())
}

/// `now` is empty without a run; in one it tells the count and what each vCPU holds back.
fn shows_itself() -> Result<()> {
    let module = fresh::<SloppyCounter>()?;
    let idle = module.dir().read("now")?;
    ensure!(idle.is_empty(), "{idle:?}");
    let config = Config {
        audit: Switch::On,
        ..SloppyCounter::endless()
    };
    module.start(&config)?;
    let sum = loop {
        let text = module.dir().read("now")?;
        let first = text.lines().next().context("now")?;
        let now: Now = first.parse().with_context(|| text.clone())?;
        let lanes = text
            .lines()
            .filter(|line| line.starts_with("lane "))
            .count();
        ensure!(lanes == vcpus() as usize, "{text}");
        ensure!(
            now.broken == 0 && now.threshold == config.threshold,
            "{text}"
        );
        if now.samples > 0 && now.sum > 0 {
            break now.sum;
        }
    };
    halt(&module)?;
    let report = module.report()?.context("a report")?;
    ensure!(report.sum.sum >= sum, "{} after {sum}", report.sum);
    Ok(())
}

/// A work that checks itself; it sees `due` things, or as many as it says for 0.
fn works(work: Work, due: u64) -> Result<()> {
    let config = Config {
        work,
        objects: if work == Work::Many { 10_000 } else { 50 },
        fold_ms: 5,
        run_ms: 300,
        ..config(Counter::Sloppy, vcpus())
    };
    let report = comes_out::<SloppyCounter>(&config, Outcome::Pass)?;
    let check = report.check.context("a check")?;
    ensure!(check.wrong == 0 && check.seen == check.due, "{check}");
    ensure!(check.cycles > 0 && check.due > 0, "{check}");
    ensure!(due == 0 || check.due == due, "{check}");
    Ok(())
}
