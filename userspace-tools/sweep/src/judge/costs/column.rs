// SPDX-License-Identifier: GPL-2.0

//! Columns of the cost table: which scenario, how a run's cost is computed, what is subtracted, what it is
//! compared with, and how far it may move.

use abi::{histogram::Of, trial::Step};
use results::{AnyReport, LockLoad};

/// One column.
#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    /// The scenario that measures it.
    pub scenario: &'static str,
    /// The axis that names its rows.
    pub axis: &'static str,
    /// Instructions of one operation, its loop included.
    pub of: Runs,
    pub base: Base,
    /// The row that a row is compared with, if it has one.
    pub reference: fn(&str) -> Option<&'static str>,
    pub tolerance: Tolerance,
}

/// How the runs of a row, its repeats, become one cost.
#[derive(Debug)]
pub enum Runs {
    /// The least of the runs' costs: timers only ever add instructions.
    Least(fn(&AnyReport) -> Option<f64>),
    /// Their median: one that was disturbed is off to either side.
    Median(fn(&AnyReport) -> Option<f64>),
    /// Of all runs together, and of what the row takes [`UNCONTENDED`].
    All(fn(&[AnyReport], Option<f64>) -> Option<f64>),
}

impl Runs {
    /// The cost of these runs, of a row that takes so much [`UNCONTENDED`].
    pub fn cost(&self, reports: &[AnyReport], uncontended: Option<f64>) -> Option<f64> {
        match self {
            Self::Least(of) => reports.iter().filter_map(of).reduce(f64::min),
            Self::Median(of) => statistics::median(reports.iter().filter_map(of)),
            Self::All(of) => of(reports, uncontended),
        }
    }
}

/// What is subtracted.
#[derive(Debug)]
pub enum Base {
    /// The loop, or the clock reading: the row `empty` of the same column.
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
    /// This part of the cost, and two instructions at least.
    Part(f64),
}

impl Column {
    /// Whether the loop is subtracted.
    pub fn has_loop(&self) -> bool {
        matches!(self.base, Base::Empty)
    }
}

/// The least difference in instructions that is one; half an instruction is left to rounding and timers.
const DIFFERENCE: f64 = 1.5;

impl Tolerance {
    /// The least difference from `cost` that is one.
    pub fn least(self, cost: f64) -> f64 {
        match self {
            Self::Exact => DIFFERENCE,
            Self::Part(part) => DIFFERENCE.max(cost * part),
        }
    }
}

/// Buckets are 3.1 % wide, so less than that may show as one of them.
const HAND_OVER: Tolerance = Tolerance::Part(0.05);

/// The column of sections that no other thread disturbs, in the loop of those that alternate.
pub const UNCONTENDED: &str = "histograms";

/// Timers differ from run to run, and `pv_ticket` halts a few times.
const ALTERNATING: Tolerance = Tolerance::Part(0.01);

/// All columns, in the order of the table.
pub const COLUMNS: [Column; 9] = [
    Column {
        name: "uncontended",
        scenario: "uncontended",
        axis: "lock",
        of: Runs::Least(per_operation),
        base: Base::Empty,
        reference: spinning_twin,
        tolerance: Tolerance::Exact,
    },
    Column {
        name: "lock",
        scenario: "steps",
        axis: "lock",
        of: Runs::Least(|report| step(report, Step::Lock)),
        base: Base::Empty,
        reference: spinning_twin,
        tolerance: Tolerance::Exact,
    },
    Column {
        name: "unlock",
        scenario: "steps",
        axis: "lock",
        of: Runs::Least(|report| step(report, Step::Unlock)),
        base: Base::Empty,
        reference: spinning_twin,
        tolerance: Tolerance::Exact,
    },
    Column {
        name: "histograms",
        scenario: "histograms",
        axis: "lock",
        of: Runs::Least(per_operation),
        base: Base::Column("uncontended"),
        reference: nothing,
        tolerance: Tolerance::Exact,
    },
    Column {
        name: "alternating",
        scenario: "alternating",
        axis: "lock",
        of: Runs::All(contended),
        base: Base::Nothing,
        reference: spinning_twin,
        tolerance: ALTERNATING,
    },
    Column {
        name: "hand-over",
        scenario: "hand-over",
        axis: "lock",
        of: Runs::All(hand_over),
        base: Base::Nothing,
        reference: spinning_twin,
        tolerance: HAND_OVER,
    },
    Column {
        name: "add",
        scenario: "add",
        axis: "counter",
        of: Runs::Least(addition),
        base: Base::Empty,
        reference: |row| other(row, "percpu_counter"),
        tolerance: Tolerance::Exact,
    },
    Column {
        name: "read",
        scenario: "read",
        axis: "counter",
        of: Runs::Least(reading),
        base: Base::Empty,
        reference: nothing,
        tolerance: Tolerance::Exact,
    },
    Column {
        name: "dispatch",
        scenario: "dispatch",
        axis: "policy",
        of: Runs::Median(chunk),
        base: Base::Nothing,
        reference: |row| other(row, "padata"),
        tolerance: Tolerance::Exact,
    },
];

/// The spinning lock that a paravirt lock is otherwise.
fn spinning_twin(row: &str) -> Option<&'static str> {
    match row {
        "pv_ticket" => Some("ticket"),
        "mcs/spin-then-halt" => Some("mcs/spin"),
        "clh/spin-then-halt" => Some("clh/spin"),
        _ => None,
    }
}

fn other(row: &str, reference: &'static str) -> Option<&'static str> {
    (row != reference).then_some(reference)
}

fn nothing(_: &str) -> Option<&'static str> {
    None
}

/// All vCPUs share the clock, so this holds for any number of threads.
fn per_operation(report: &AnyReport) -> Option<f64> {
    let totals = report.totals();
    (totals.work > 0).then(|| totals.elapsed_ns as f64 / totals.work as f64)
}

/// The quickest of all rounds, its clock reading included.
fn step(report: &AnyReport, step: Step) -> Option<f64> {
    let AnyReport::LockLoad(report) = report else {
        return None;
    };
    let steps = report.steps_of(step).filter(|steps| steps.rounds > 0)?;
    Some(steps.least as f64)
}

/// A section that was waited for, of two threads that nearly always wait for each other: what they executed
/// without the sections that were not waited for, in the quickest run.
fn contended(reports: &[AnyReport], uncontended: Option<f64>) -> Option<f64> {
    let uncontended = uncontended?;
    let of = |report: &LockLoad| {
        let all = report.sum.elapsed_ns as f64;
        let sections = report.sum.sections as f64;
        let waits = report.order.as_ref()?.waits as f64;
        let rest = uncontended * (sections - waits);
        (waits > sections / 2.0).then_some((all - rest) / waits)
    };
    lock_loads(reports).filter_map(of).reduce(f64::min)
}

/// The fewest hand-offs of which the tenth part is some.
const HAND_OFFS: u64 = 100;
/// The part of all hand-offs that makes their length a usual one.
const USUAL: f64 = 0.1;

/// What both threads execute from the last step of a section to the first step of the next, which was waited for: the
/// quickest of the usual lengths, of all runs together. Nearly all are of one length, or of two if some have an
/// iteration of the waiter's loop more: how many those are is chance, of pv_ticket 3 to 70 % in eight results, and nearly
/// all of some runs. What is quicker than both, because the waiter's turn ended in its loop, is 4 to 9 % and spread over
/// many lengths. It ends at a bucket's upper edge.
fn hand_over(reports: &[AnyReport], _: Option<f64>) -> Option<f64> {
    let times = lock_loads(reports).map(|report| report.times(Of::HandOff));
    let times = times.reduce(|all, run| all.merged(&run))?;
    let quick = times
        .quickest_mode(USUAL)
        .filter(|_| times.count() >= HAND_OFFS)?;
    Some(quick as f64)
}

fn lock_loads(reports: &[AnyReport]) -> impl Iterator<Item = &LockLoad> {
    reports.iter().filter_map(|report| match report {
        AnyReport::LockLoad(report) => Some(&**report),
        _ => None,
    })
}

/// Of the quickest burst.
fn addition(report: &AnyReport) -> Option<f64> {
    let AnyReport::SloppyCounter(report) = report else {
        return None;
    };
    let speed = report.speed.as_ref()?;
    (speed.best_add_ps > 0).then(|| speed.best_add_ps as f64 / 1000.0)
}

/// Of the quickest burst, too.
fn reading(report: &AnyReport) -> Option<f64> {
    let AnyReport::SloppyCounter(report) = report else {
        return None;
    };
    let speed = report.speed.as_ref()?;
    (speed.best_read_ps > 0).then(|| speed.best_read_ps as f64 / 1000.0)
}

/// Without clock reads, and without chunks during which the other worker had its turn.
fn chunk(report: &AnyReport) -> Option<f64> {
    let AnyReport::JobRunner(report) = report else {
        return None;
    };
    (report.sum.chunks > 0).then(|| report.handout_ns())
}
