// SPDX-License-Identifier: GPL-2.0

//! Costs as grids: one for each axis, its columns side by side.

use super::{
    column::{Column, COLUMNS, EMPTY},
    measured::Measured,
};

/// What the columns are, for below the grids.
pub const LEGEND: [&str; 7] = [
    "uncontended: lock and unlock by one thread; lock, unlock: each by itself, the quickest of all rounds",
    "histograms: what they add to uncontended",
    "alternating: a section that was waited for, two threads; hand-over: the part of it from the end of the section",
    "before to its start; both of both threads, with clock reads",
    "read: what it takes more than a plain load; dispatch: taking one chunk, two workers, burst 1",
    "(loop): without lock or counter, subtracted from the others; of lock and unlock the reading of the clock",
    "(+1.0): more than the spinning lock that a paravirt lock is otherwise; than percpu_counter; than padata",
];

/// The costs of all locks, counters or policies.
pub struct Grid {
    pub head: Vec<String>,
    /// A name and its costs, each with what it is over its reference.
    pub rows: Vec<(String, Vec<(String, String)>)>,
}

/// The grids of the axes that have costs.
pub fn grids(measured: &Measured) -> Vec<Grid> {
    let mut axes: Vec<&str> = COLUMNS.iter().map(|column| column.axis).collect();
    axes.dedup();
    let grids = axes.iter().map(|axis| grid(axis, measured));
    grids.filter(|grid| grid.rows.len() > 1).collect()
}

fn grid(axis: &str, measured: &Measured) -> Grid {
    let columns = COLUMNS.iter().filter(|column| column.axis == axis);
    let columns: Vec<&Column> = columns.collect();
    let mut head = vec![axis.to_string()];
    head.extend(columns.iter().map(|column| column.name.to_string()));
    let mut names: Vec<&str> = Vec::new();
    for name in columns.iter().flat_map(|column| measured.rows(column)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let loops = columns.iter().map(|column| {
        let raw = measured.raw(column.name, EMPTY);
        cell(raw.filter(|_| column.has_loop()), None)
    });
    let mut rows = vec![("(loop)".to_string(), loops.collect())];
    rows.extend(names.into_iter().map(|name| {
        let cells = columns.iter().map(|column| {
            let over = measured.over(column, name).map(|(_, over)| over);
            cell(measured.cost(column, name), over)
        });
        (name.to_string(), cells.collect())
    }));
    Grid { head, rows }
}

/// A cost, and what it is over its reference.
fn cell(cost: Option<f64>, over: Option<f64>) -> (String, String) {
    let cost = cost.map_or_else(|| "-".into(), |cost| format!("{cost:.1}"));
    let over = over.map_or_else(String::new, |over| format!("({over:+.1})"));
    (cost, over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_has_each_row_once_and_no_axis_without_costs() {
        let measured = Measured::of(&[
            (
                "uncontended",
                &[("empty", 80.0), ("ticket", 90.0), ("pv_ticket", 96.0)],
            ),
            ("hand-over", &[("ticket", 147.0)]),
        ]);
        let grids = grids(&measured);
        assert_eq!(grids.len(), 1);
        let Grid { head, rows } = &grids[0];
        let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["(loop)", "ticket", "pv_ticket"]);
        assert_eq!(head.len(), 1 + rows[1].1.len());
        let texts: Vec<&str> = rows[2]
            .1
            .iter()
            .map(|(cost, over)| match over.as_str() {
                "" => cost.as_str(),
                over => over,
            })
            .collect();
        assert_eq!(texts, ["(+6.0)", "-", "-", "-", "-", "-"]);
    }
}
