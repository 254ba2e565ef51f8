// SPDX-License-Identifier: GPL-2.0

//! Columns of the cost table: which scenario, how a run's cost is computed, what is subtracted, and how far
//! it may move.

use abi::histogram::Of;
use results::AnyReport;

/// One column; its name is the scenario's.
#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    /// The axis that names its rows.
    pub axis: &'static str,
    /// Instructions of one operation of a run, its loop included.
    pub of: fn(&AnyReport) -> Option<f64>,
    pub base: Base,
    pub of_repeats: OfRepeats,
    pub tolerance: Tolerance,
}

/// Which of the repeats counts.
#[derive(Debug)]
pub enum OfRepeats {
    /// The least: timers only ever add instructions.
    Least,
    /// The median: one that was disturbed is off to either side.
    Median,
}

/// What is subtracted.
#[derive(Debug)]
pub enum Base {
    /// The loop: the row `empty` of the same column.
    Empty,
    /// The same row of another column.
    Column(&'static str),
    /// Nothing: it has no loop.
    Nothing,
}

/// The row that is the loop itself.
pub const EMPTY: &str = "empty";

/// How far a cost may move before it is another one.
#[derive(Clone, Copy, Debug)]
pub enum Tolerance {
    /// Two instructions are a difference. Whatever timers still cost is far less than the half below them.
    Exact,
    /// This part of the cost, and two instructions at least; for some rows another part.
    Part(f64, &'static [(&'static str, f64)]),
}

/// The least difference in instructions that is one; half an instruction is left to rounding and timers.
const DIFFERENCE: f64 = 1.5;

impl Tolerance {
    /// The least difference from the `cost` of a row that is one.
    pub fn least(self, row: &str, cost: f64) -> f64 {
        match self {
            Self::Exact => DIFFERENCE,
            Self::Part(all, some) => {
                let own = some.iter().find(|(name, _)| *name == row);
                DIFFERENCE.max(cost * own.map_or(all, |(_, part)| *part))
            }
        }
    }
}

/// Measured over six boots on a host at load 9 to 13: nine of eleven locks have the same median in each, clh/spin
/// 111 to 113; buckets are 3.1 % wide, so less than that may show as one of them. The median of pv_ticket is 151 or
/// 171, as its waiter is found spinning or on its way to halt.
const HAND_OVER: Tolerance = Tolerance::Part(0.05, &[("pv_ticket", 0.15)]);

/// All columns, in the order of the table.
pub const COLUMNS: [Column; 5] = [
    Column {
        name: "uncontended",
        axis: "lock",
        of: per_operation,
        base: Base::Empty,
        of_repeats: OfRepeats::Least,
        tolerance: Tolerance::Exact,
    },
    Column {
        name: "histograms",
        axis: "lock",
        of: per_operation,
        base: Base::Column("uncontended"),
        of_repeats: OfRepeats::Least,
        tolerance: Tolerance::Exact,
    },
    Column {
        name: "hand-over",
        axis: "lock",
        of: hand_over,
        base: Base::Nothing,
        of_repeats: OfRepeats::Least,
        tolerance: HAND_OVER,
    },
    Column {
        name: "add",
        axis: "counter",
        of: addition,
        base: Base::Empty,
        of_repeats: OfRepeats::Least,
        tolerance: Tolerance::Exact,
    },
    Column {
        name: "dispatch",
        axis: "policy",
        of: chunk,
        base: Base::Nothing,
        of_repeats: OfRepeats::Median,
        tolerance: Tolerance::Exact,
    },
];

/// All vCPUs share the clock, so this holds for any number of threads.
fn per_operation(report: &AnyReport) -> Option<f64> {
    let totals = report.totals();
    (totals.work > 0).then(|| totals.elapsed_ns as f64 / totals.work as f64)
}

/// The fewest hand-offs of a run whose median is one.
const HAND_OFFS: u64 = 100;

/// The median of what both threads execute from the last step of a section to the first step of the next, which
/// was waited for. It ends at a bucket's upper edge.
fn hand_over(report: &AnyReport) -> Option<f64> {
    let AnyReport::LockLoad(report) = report else {
        return None;
    };
    let times = report.times(Of::HandOff);
    let median = times.quantile(0.5).filter(|_| times.count() >= HAND_OFFS)?;
    Some(median as f64)
}

/// Of the quickest burst.
fn addition(report: &AnyReport) -> Option<f64> {
    let AnyReport::SloppyCounter(report) = report else {
        return None;
    };
    let speed = report.speed.as_ref()?;
    (speed.best_add_ps > 0).then(|| speed.best_add_ps as f64 / 1000.0)
}

/// Without clock reads, and without chunks during which the other worker had its turn.
fn chunk(report: &AnyReport) -> Option<f64> {
    let AnyReport::JobRunner(report) = report else {
        return None;
    };
    (report.sum.chunks > 0).then(|| report.handout_ns())
}
