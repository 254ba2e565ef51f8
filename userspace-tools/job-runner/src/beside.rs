// SPDX-License-Identifier: GPL-2.0

//! Ratios of medians of two cells that differ in one setting.

use results::{pairs, Cell, JobRunner};

/// The settings and the values to compare with.
const PAIRS: [(&str, &str); 3] = [
    ("policy", "static"),
    ("policy", "padata"),
    ("begin", "queue_work"),
];

/// A line for each pair of cells that differ in one of these settings alone.
pub fn beside(cells: &[Cell<JobRunner>]) -> String {
    let mut text = String::new();
    for (key, base) in PAIRS {
        for cell in cells.iter().filter(|p| value(p, key) != base) {
            let is_twin = |p: &&Cell<JobRunner>| {
                value(p, key) == base && without(p, key) == without(cell, key)
            };
            if let Some(twin) = cells.iter().find(is_twin) {
                text += &line(cell, twin, key, base);
            }
        }
    }
    text
}

fn line(cell: &Cell<JobRunner>, twin: &Cell<JobRunner>, key: &str, base: &str) -> String {
    let ratio = |of: fn(&JobRunner) -> f64| {
        let (of, to) = (cell.median(of), twin.median(of));
        match to > 0.0 {
            true => format!("{:.3}", of / to),
            false => "-".into(),
        }
    };
    format!(
        "{} of {base}, {} at {} workers: time {}, tail {}, dispatch {}, serial {}\n",
        value(cell, key),
        value(cell, "job"),
        cell.config.max_threads,
        ratio(JobRunner::time_ms),
        ratio(JobRunner::tail_ms),
        ratio(JobRunner::handout_ns),
        ratio(JobRunner::serial_us),
    )
}

fn value(cell: &Cell<JobRunner>, key: &str) -> String {
    let text = cell.config.to_string();
    let found = pairs(&text).find(|(k, _)| *k == key);
    found.map_or(String::new(), |(_, value)| value.into())
}

fn without(cell: &Cell<JobRunner>, key: &str) -> Vec<String> {
    let text = cell.config.to_string();
    let rest = pairs(&text).filter(|(k, _)| *k != key);
    rest.map(|(key, value)| format!("{key}={value}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::point;
    use abi::job_runner::Policy;

    #[test]
    fn only_cells_that_differ_in_one_setting_are_a_pair() {
        let padata = point(8, &[200, 200, 200]);
        let mut cursor = point(8, &[100, 100, 100]);
        cursor.config.policy = Policy::Cursor;
        let mut other = point(4, &[50, 50, 50]);
        other.config.policy = Policy::Cursor;
        let text = beside(&[padata, cursor, other]);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.starts_with("cursor of padata, spin at 8 workers: time 0.500, tail"));
    }
}
