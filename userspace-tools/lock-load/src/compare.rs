// SPDX-License-Identifier: GPL-2.0

//! Locks beside each other, and beside the kernel's own.

use abi::{
    histogram::Of,
    lock_load::{Config, Lock, Switch},
};
use results::{
    table::{grid, numbers, or_dashes, rate},
    Cell, Histogram, LockLoad, Report,
};
use statistics::percent;

use crate::seen::time;

const MEASURED: [&str; 8] = [
    "sections/s",
    "spread",
    "of kernel",
    "p99.9 wait",
    "Jain",
    "halts",
    "kicks",
    "verdict",
];

/// One row for each point.
pub fn compare(points: &[Cell<LockLoad>]) -> String {
    let keys = Cell::columns(points, &["lock", "threads"]);
    let header: Vec<&str> = keys.iter().copied().chain(MEASURED).collect();
    let mut grid = grid(&header);
    for point in points {
        let mut row = point.values(&keys);
        row.extend(measured(point, kernel(points, &point.config)));
        grid.add_row(row);
    }
    numbers(&mut grid, 1);
    format!("{grid}\n\n{}", legend(points))
}

/// What a point's repeats came to, with `kernel` as the rate of the kernel's own lock.
fn measured(point: &Cell<LockLoad>, kernel: Option<f64>) -> [String; 8] {
    let sections = point.median(LockLoad::rate);
    [
        rate(sections),
        point.spread(),
        or_dashes(kernel, |k| format!("{:.1}%", percent(sections, k))),
        wait(point),
        or_dashes(point.sample(LockLoad::fairness), |s| {
            format!("{:.3}", s.median)
        }),
        rate(point.median(|r| r.sum.halts as f64)),
        rate(point.median(|r| r.sum.kicks as f64)),
        point.outcome().to_string(),
    ]
}

/// The wait that one section in a thousand exceeds, in all repeats together.
fn wait(point: &Cell<LockLoad>) -> String {
    let runs = point.runs.iter().map(|run| run.times(Of::Wait));
    let all = runs.fold(Histogram::default(), |sum, times| sum.merged(&times));
    or_dashes(all.quantile(0.999), time)
}

/// What the instruments cost, wherever a point is there with them and without.
fn cost(points: &[Cell<LockLoad>]) -> String {
    let watched = points.iter().filter(|p| p.config.histograms == Switch::On);
    let lines = watched.filter_map(|on| {
        let without = Config {
            histograms: Switch::Off,
            ..on.config
        };
        let off = points.iter().find(|p| p.config == without)?;
        // The fastest of either: what the host did besides is no cost of ours.
        let fastest = |p: &Cell<LockLoad>| Some(p.sample(|r| Some(r.rate()))?.max);
        let (with, without) = (fastest(on)?, fastest(off)?);
        Some(format!(
            "\nhistograms=on is {:.3} of off: {:+.1}% of sections/s, the fastest of either; {}",
            with / without,
            percent(with - without, without),
            on.values(&["lock", "threads", "hold_ns"]).join(" ")
        ))
    });
    lines.collect()
}

/// The median rate of `kernel/raw_spin` under otherwise the same settings.
fn kernel(points: &[Cell<LockLoad>], config: &Config) -> Option<f64> {
    let wanted = Config {
        lock: Lock::KernelRawSpin,
        ..*config
    };
    let same = points.iter().find(|p| p.config == wanted)?;
    Some(same.median(LockLoad::rate))
}

fn legend(points: &[Cell<LockLoad>]) -> String {
    let repeats = points.first().map_or(0, |p| p.runs.len());
    let machine = points.iter().flat_map(|p| &p.runs).map(|r| r.machine);
    let machine = machine.last().map_or(String::new(), |m| {
        format!(
            "\nkernel/raw_spin is {} here; kicks go by {}",
            m.kernel_lock, m.kick
        )
    });
    let cost = cost(points);
    format!(
        "medians of {repeats}; spread: of the farthest repeat from the median\n\
         of kernel: sections/s in percent of kernel/raw_spin's at the same settings{machine}{cost}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use results::Report;

    fn point(lock: &str, sections: &[u64]) -> Cell<LockLoad> {
        let config = Config {
            lock: lock.parse().unwrap(),
            threads: 1,
            histograms: Switch::Off,
            ..Config::default()
        };
        let run = |n: &u64| {
            LockLoad::parse(&format!(
                "lock-load schema=3 run=1\n\
                 config {config}\n\
                 sum elapsed_ns=1000000000 sections={n} min={n} mean={n} max={n} halts=0 kicks=0 \
                 exclusion=untested lost=0\n\
                 machine kernel_lock=test-and-set mode=tas kick=ipi loops_per_us=100 evidence=gaps\n\
                 disturbed pauses=0 paused_ns=0 shuffles=0 offline=0 refused=0 long_holds=0 \
                 boosts=0\n\
                 thread index=0 vcpu=0 sections={n} halts=0 kicks=0 moved=0 queued_ns=0\n"
            ))
            .unwrap()
        };
        let runs: Vec<_> = sections.iter().map(run).collect();
        Cell {
            config: runs[0].config,
            runs,
        }
    }

    #[test]
    fn a_lock_is_measured_in_percent_of_the_kernels() {
        let points = [
            point("ticket", &[20, 60, 50]),
            point("kernel/raw_spin", &[1000, 900, 2000]),
        ];
        let text = compare(&points);
        let row = |name: &str| {
            let line = text.lines().find(|l| l.trim_start().starts_with(name));
            line.unwrap().split_whitespace().collect::<Vec<_>>()
        };
        assert_eq!(row("ticket")[2..5], ["50", "±60%", "5.0%"], "{text}");
        assert_eq!(row("kernel")[2..5], ["1.0k", "±100%", "100.0%"], "{text}");
        assert!(text.contains("is test-and-set"), "{text}");
    }

    #[test]
    fn what_the_instruments_cost_is_a_ratio() {
        let (on, off) = (point("ticket", &[970]), point("ticket", &[1000]));
        let config = Config {
            histograms: Switch::On,
            ..on.config
        };
        let text = compare(&[Cell { config, ..on }, off]);
        let told = "histograms=on is 0.970 of off: -3.0% of sections/s, the fastest of either; ticket 1 200";
        assert!(text.contains(told), "{text}");
    }

    #[test]
    fn without_the_kernels_lock_there_is_no_percentage() {
        let text = compare(&[point("ticket", &[20])]);
        assert!(text.contains("--"), "{text}");
    }
}
