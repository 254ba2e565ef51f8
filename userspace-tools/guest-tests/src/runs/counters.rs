// SPDX-License-Identifier: GPL-2.0

//! Tests that every counter is exact, its read within its bound, and that a busted one is caught.

use abi::sloppy_counter::{Counter, Now};
use anyhow::{ensure, Context, Result};
use results::{vcpus, Outcome, SloppyCounter};
use rustix::io::Errno;

use super::expect::{expect, row, rows, test, threads};
use crate::{
    subject::{fresh, halt, run_with, settings, start_refused, Subject},
    suite::Test,
};

pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for &counter in Counter::ALL {
        tests.extend(threads().into_iter().map(|threads| exact(counter, threads)));
    }
    tests.extend([1, 2, 1 << 10, 1 << 20].map(|threshold| {
        row(
            format!("counter/sloppy/threshold_{threshold}_bounds_the_read"),
            format!("counter=sloppy threads=max run_ms=50 threshold={threshold}"),
            Outcome::Pass,
            is_bounded_by_the_threshold,
        )
    }));
    let audited = [
        "exact",
        "percpu_exact",
        "percpu_counter",
        "sloppy",
        "hierarchical",
    ];
    tests.extend(audited.map(|counter| {
        let name = format!("counter/{counter}/read_stays_in_its_bound_under_torture");
        Test::new(name, move || stays_in_its_bound(counter))
    }));
    tests.extend(Counter::ALL.iter().map(|&counter| {
        let name = format!("counter/{counter}/works_in_interrupts_or_refuses_them");
        Test::new(name, move || works_in_interrupts(counter))
    }));
    let name = "counter/refuses_settings_that_exclude_each_other";
    tests.push(Test::new(name, refuses_combinations));
    let name = "counter/sloppy/shows_its_state_during_a_run";
    tests.push(Test::new(name, shows_state));
    tests.extend(rows! { SloppyCounter, "counter", "threads=max";
        "exact/has_no_error": "counter=exact run_ms=50", Pass,
            |run| run.sum.bound == 0 && run.error() == 0 && run.sum.adds > 0;
        "busted/exceeds_its_bound": "counter=busted run_ms=300 audit=on", Caught,
            |run| run.audit.as_ref().is_some_and(|audit| audit.broken > 0);
    });
    tests.extend(
        rows! { SloppyCounter, "counter", "threads=max fold_ms=5 run_ms=300";
            "sloppy_ref/sees_each_zero_once": "work=refs objects=50", Pass, |run| works(run, None);
            "batched_ids/are_unique": "work=ids objects=50", Pass, |run| works(run, None);
            "limited/stops_at_its_limit": "work=limit objects=50", Pass, |run| works(run, Some(1));
            "sloppy/ten_thousand_counters": "work=many objects=10000", Pass,
                |run| works(run, Some(10_000));
        },
    );
    tests
}

fn exact(counter: Counter, threads: u32) -> Test {
    let (verb, outcome) = match (counter, threads) {
        (Counter::Empty, _) => ("counts_nothing", Outcome::Skip),
        (Counter::Busted, 1) => ("is_not_caught", Outcome::Skip),
        (Counter::Busted, _) => ("is_caught", Outcome::Caught),
        // One thread alone cannot break it, but must lose no addition.
        (_, 1) => ("is_exact", Outcome::Skip),
        _ => ("is_exact", Outcome::Pass),
    };
    let name = format!("counter/{counter}/{verb}_with_{threads}");
    let run_ms = if counter == Counter::Busted { 200 } else { 50 };
    let text = format!("counter={counter} threads={threads} run_ms={run_ms}");
    if counter == Counter::Busted {
        return test::<SloppyCounter>(name, text, outcome);
    }
    row(name, text, outcome, |run: &SloppyCounter| {
        run.sum.adds > 0 && run.is_exact()
    })
}

/// The bound of the cheap read is that of the threshold.
fn is_bounded_by_the_threshold(run: &SloppyCounter) -> bool {
    run.sum.bound == u64::from(run.config.threshold - 1) * u64::from(vcpus())
}

/// With folds, interrupts, threshold changes and hotplug.
fn stays_in_its_bound(counter: &str) -> Result<()> {
    let mut run_ms = 600;
    loop {
        let text = format!(
            "counter={counter} threads=max audit=on threshold=256 burst=500 fold_ms=20 irq_ms=7 \
             change_ms=60 onoff_ms=100 run_ms={run_ms}"
        );
        let audit = expect::<SloppyCounter>(&text, Outcome::Pass)?.audit;
        let audit = audit.context("audit=on")?;
        ensure!(audit.samples > 10 && audit.broken == 0, "{audit}");
        ensure!(audit.worst <= audit.bound, "{audit}");
        let each = [audit.folds, audit.interrupts, audit.changes, audit.deaths];
        if each.iter().all(|&n| n > 0) {
            return Ok(());
        }
        // On a busy host some did not happen: a longer run.
        run_ms *= 2;
        ensure!(run_ms < 20_000, "not all happened: {audit}");
    }
}

/// Interrupts come all the time; a counter that they would deadlock refuses them.
fn works_in_interrupts(counter: Counter) -> Result<()> {
    let text = format!("counter={counter} threads=1 irq_ms=1 run_ms=50");
    if !counter.facts().irq_safe {
        let reason = "`irq_ms=1`: an interrupt would wait for ever";
        return start_refused::<SloppyCounter>(&text, Errno::INVAL, reason).map(drop);
    }
    let run: SloppyCounter = run_with(&text)?;
    // An interrupt breaks what is busted with one thread, too.
    let exact = run.is_exact() || matches!(counter, Counter::Empty | Counter::Busted);
    ensure!(exact && run.sum.adds > 0, "{}", run.sum);
    Ok(())
}

fn refuses_combinations() -> Result<()> {
    for (text, reason) in [
        ("work=ids irq_ms=1", "`work=ids`: it has no audit"),
        ("work=many audit=on", "`work=many`: it has no audit"),
        ("work=refs change_ms=1", "`work=refs`: it has no audit"),
        ("counter=percpu_ref audit=on", "does not only count up"),
        ("counter=empty audit=on", "does not only count up"),
    ] {
        start_refused::<SloppyCounter>(text, Errno::INVAL, reason)?;
    }
    Ok(())
}

/// `now` is empty without a run; during a run it has the sum and what each vCPU holds back.
fn shows_state() -> Result<()> {
    let module = fresh::<SloppyCounter>()?;
    let idle = module.dir().read("now")?;
    ensure!(idle.is_empty(), "{idle:?}");
    let audited = format!("{} audit=on", SloppyCounter::ENDLESS);
    let config = settings::<SloppyCounter>(&audited)?;
    module.start(&config)?;
    let sum = loop {
        let text = module.dir().read("now")?;
        let first = text.lines().next().context("now")?;
        let now: Now = first.parse().with_context(|| text.clone())?;
        let lanes = text.lines().filter(|line| line.starts_with("lane "));
        ensure!(lanes.count() == vcpus() as usize, "{text}");
        let in_bound = now.broken == 0 && now.threshold == config.threshold;
        ensure!(in_bound, "{text}");
        if now.samples > 0 && now.sum > 0 {
            break now.sum;
        }
    };
    halt(&module)?;
    let report = module.report()?.context("a report")?;
    ensure!(report.sum.sum >= sum, "{} after {sum}", report.sum);
    Ok(())
}

/// Whether a work that checks itself saw what it expected, which is `due` if that is known.
fn works(run: &SloppyCounter, due: Option<u64>) -> bool {
    run.check.as_ref().is_some_and(|check| {
        let right = check.wrong == 0 && check.seen == check.due;
        right && check.cycles > 0 && check.due > 0 && due.is_none_or(|due| check.due == due)
    })
}
