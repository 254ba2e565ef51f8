// SPDX-License-Identifier: GPL-2.0

//! Table of a sweep: locks compared with each other and with the kernel's own.

use abi::lock_load::{Config, Lock, Switch};
use results::{
    table::{self, column, median, or_dashes, rate, time},
    Cell, Clock, Histogram, LockLoad, Report,
};
use statistics::percent;

/// One row for each cell.
pub fn compare(cells: &[Cell<LockLoad>]) -> String {
    let of_kernel = |cell: &Cell<LockLoad>| {
        or_dashes(kernel(cells, &cell.config), |kernel| {
            format!("{:.1}%", percent(cell.median(LockLoad::rate), kernel))
        })
    };
    let mut columns = table::rates("sections");
    columns.extend([
        column("of kernel", of_kernel),
        column("p99.9 wait", |cell: &Cell<LockLoad>| {
            or_dashes(waits(cell).quantile(0.999), time)
        }),
        median("Jain", LockLoad::fairness, |jain| format!("{jain:.3}")),
        median("halts", |run: &LockLoad| Some(run.sum.halts as f64), rate),
        median("kicks", |run: &LockLoad| Some(run.sum.kicks as f64), rate),
        table::verdict(),
    ]);
    let table = table::list(cells, &["lock", "threads"], &columns);
    format!("{table}{}", legend(cells))
}

/// The waits of all repeats together.
fn waits(cell: &Cell<LockLoad>) -> Histogram {
    let runs = cell.runs.iter().map(|run| run.waits());
    runs.fold(Histogram::default(), |sum, times| sum.merged(&times))
}

/// The instrumentation overhead, where a cell was measured with `histograms` on and off.
fn overhead(cells: &[Cell<LockLoad>]) -> String {
    let watched = cells.iter().filter(|c| c.config.histograms == Switch::On);
    let lines = watched.filter_map(|on| {
        let without = Config {
            histograms: Switch::Off,
            ..on.config
        };
        let off = cells.iter().find(|c| c.config == without)?;
        // Of the fastest repeats, which the host disturbed least.
        let fastest = |p: &Cell<LockLoad>| Some(p.sample(|r| Some(r.rate()))?.max);
        let (with, without) = (fastest(on)?, fastest(off)?);
        Some(format!(
            "\nhistograms=on is {:.3} of off: {:+.1}% of sections{}, the fastest of either; {}",
            with / without,
            percent(with - without, without),
            Clock::here().per(),
            on.values(&["lock", "threads", "hold_ns"]).join(" ")
        ))
    });
    lines.collect()
}

/// The median rate of `kernel/raw_spin` under otherwise the same settings.
fn kernel(cells: &[Cell<LockLoad>], config: &Config) -> Option<f64> {
    let wanted = Config {
        lock: Lock::KernelRawSpin,
        ..*config
    };
    let same = cells.iter().find(|c| c.config == wanted)?;
    Some(same.median(LockLoad::rate))
}

fn legend(cells: &[Cell<LockLoad>]) -> String {
    let mut runs = cells.iter().flat_map(|cell| &cell.runs);
    let machine = runs
        .next()
        .map_or(String::new(), |LockLoad { machine: m, .. }| {
            format!(
                "\nkernel/raw_spin is {} here; kicks go by {}",
                m.kernel_lock, m.kick
            )
        });
    format!(
        "of kernel: sections{} in percent of kernel/raw_spin's at the same settings{machine}{}",
        Clock::here().per(),
        overhead(cells)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(lock: &str, sections: &[u64]) -> Cell<LockLoad> {
        let config = Config {
            lock: lock.parse().unwrap(),
            threads: 1,
            histograms: Switch::Off,
            ..Config::default()
        };
        let run = |sections: &u64| {
            let mut run = results::fixture!(LockLoad, "lock-load.empty-one-thread");
            run.config = config;
            (run.sum.sections, run.sum.elapsed_ns) = (*sections, 1_000_000_000);
            run
        };
        Cell {
            config,
            runs: sections.iter().map(run).collect(),
        }
    }

    #[test]
    fn compare_shows_percent_of_the_kernels_lock() {
        let cells = [
            cell("ticket", &[20, 60, 50]),
            cell("kernel/raw_spin", &[1000, 900, 2000]),
        ];
        let text = compare(&cells);
        let row = |name: &str| {
            let line = text.lines().find(|l| l.trim_start().starts_with(name));
            line.unwrap().split_whitespace().collect::<Vec<_>>()
        };
        assert_eq!(row("ticket")[2..5], ["50", "±60%", "5.0%"], "{text}");
        assert_eq!(row("kernel")[2..5], ["1.00k", "±100%", "100.0%"], "{text}");
        assert!(text.contains("is test-and-set"), "{text}");
    }

    #[test]
    fn compare_shows_instrumentation_overhead() {
        let (on, off) = (cell("ticket", &[970]), cell("ticket", &[1000]));
        let config = Config {
            histograms: Switch::On,
            ..on.config
        };
        let text = compare(&[Cell { config, ..on }, off]);
        let overhead = "histograms=on is 0.970 of off: -3.0% of sections/s, the fastest of either; ticket 1 200";
        assert!(text.contains(overhead), "{text}");
    }

    #[test]
    fn compare_shows_dashes_without_the_kernels_lock() {
        let text = compare(&[cell("ticket", &[20])]);
        assert!(text.contains("--"), "{text}");
    }
}
