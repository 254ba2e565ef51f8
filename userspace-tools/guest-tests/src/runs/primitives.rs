// SPDX-License-Identifier: GPL-2.0

//! Tests of timed primitives: each is timed as often as wanted, and none costs nothing.

use abi::primitive::Primitive;
use anyhow::{ensure, Context, Result};
use results::{LockLoad, Outcome, Report};
use rustix::io::Errno;

use crate::{
    subject::{run_with, start_refused},
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    group(
        "primitives",
        &[
            ("are_timed_as_often_as_wanted", timed),
            ("are_refused_of_more_threads_than_two", several),
            ("that_are_cut_short_fail", cut_short),
        ],
    )
}

const ROUNDS: u64 = 100;

fn timed() -> Result<()> {
    let text = format!("load=primitives threads=2 rounds={ROUNDS} run_ms=20000");
    let report: LockLoad = run_with(&text)?;
    report.check().map_err(anyhow::Error::msg)?;
    ensure!(report.outcome() == Outcome::Skip, "{}", report.outcome());
    for &of in Primitive::ALL {
        let cost = report.primitive(of);
        // Another gap may hide an interrupt; a vCPU that its host stopped is kicked again.
        let least = match of {
            Primitive::KickLatency | Primitive::Interrupt => ROUNDS / 2,
            Primitive::Kick | Primitive::Wake | Primitive::Halt => ROUNDS * 9 / 10,
            _ => ROUNDS,
        };
        let cost = cost.with_context(|| format!("{of} is missing"))?;
        ensure!(cost.samples >= least, "{cost}");
        ensure!(cost.max_ps > 0, "{cost}");
    }
    let median = |of| report.primitive(of).map_or(0, |cost| cost.p50_ps);
    let (kick, wake) = (median(Primitive::Kick), median(Primitive::Wake));
    ensure!(kick > median(Primitive::Hit), "a kick of {kick} ps");
    ensure!(wake > median(Primitive::Transfer), "a wake-up of {wake} ps");
    Ok(())
}

fn cut_short() -> Result<()> {
    let report: LockLoad = run_with("load=primitives threads=2 rounds=100000000 run_ms=20")?;
    report.check().map_err(anyhow::Error::msg)?;
    ensure!(report.outcome().failed(), "{}", report.outcome());
    Ok(())
}

fn several() -> Result<()> {
    for (words, errno, why) in [
        (
            "threads=1",
            Errno::RANGE,
            "`load=primitives threads=1`: one thread leads, one follows; allowed: 2",
        ),
        (
            "threads=2 acquire=try",
            Errno::INVAL,
            "`load=primitives`: a trial takes no torture options;",
        ),
    ] {
        let text = format!("load=primitives {words}");
        start_refused::<LockLoad>(&text, errno, &format!(" run: {why}"))?;
    }
    Ok(())
}
