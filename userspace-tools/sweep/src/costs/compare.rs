// SPDX-License-Identifier: GPL-2.0

//! Comparison of measured costs with the committed table, one verdict for each.

use super::table::Table;
use crate::judge::{
    costs::{Column, Measured, COLUMNS},
    verdict::Verdict,
};

/// One cost, beside the table's.
#[derive(Debug)]
pub struct Line {
    pub column: &'static str,
    pub row: String,
    pub committed: Option<f64>,
    pub measured: Option<f64>,
    pub verdict: Verdict,
    /// The difference, if it is one, or what is missing.
    pub text: String,
}

/// Compares every cost that was measured or committed.
pub fn compare(measured: &Measured, table: &Table) -> Vec<Line> {
    let mut lines = Vec::new();
    for column in &COLUMNS {
        let mut rows: Vec<&str> = measured.rows(column).collect();
        let committed = table.columns.get(column.name);
        let committed = committed.into_iter().flat_map(|rows| rows.keys());
        rows.extend(
            committed
                .map(String::as_str)
                .filter(|row| measured.raw(column.name, row).is_none()),
        );
        // A row of the plan that no run measured, and that the table has, is one row.
        rows.sort_by_key(|row| {
            table
                .columns
                .get(column.name)
                .and_then(|rows| rows.get_index_of(*row))
        });
        rows.dedup();
        lines.extend(
            rows.into_iter()
                .map(|row| line(column, row, measured, table)),
        );
    }
    lines
}

fn line(column: &Column, row: &str, measured: &Measured, table: &Table) -> Line {
    let (was, is) = (table.cost(column.name, row), measured.cost(column, row));
    let (verdict, text) = judge(column, was, is);
    Line {
        column: column.name,
        row: row.into(),
        committed: was,
        measured: is,
        verdict,
        text,
    }
}

fn judge(column: &Column, was: Option<f64>, is: Option<f64>) -> (Verdict, String) {
    let (was, is) = match (was, is) {
        (Some(was), Some(is)) => (was, is),
        (Some(_), None) => return (Verdict::NotMeasured, "no run measured it".into()),
        (None, _) => {
            let why = "not in the table. Try: --write";
            return (Verdict::NotMeasured, why.into());
        }
    };
    let (least, by) = (column.tolerance.least(was), (is - was).abs());
    match is - was {
        more if more >= least => (Verdict::Fail, format!("{by:.1} more than {was:.1}")),
        less if less <= -least => {
            let text = format!("{by:.1} fewer than {was:.1}. Try: --write");
            (Verdict::Pass, text)
        }
        _ => (Verdict::Pass, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "kernel = '7'\nqemu = '11'\n\
        [columns.uncontended]\nticket = 20.0\n'mcs/spin' = 30.0\n\
        [columns.hand-over]\nticket = 100.0\n";

    /// The lines of a ticket lock of these costs, uncontended and handed over, beside [`TABLE`].
    fn lines(ticket: f64, hand_over: f64) -> Vec<Line> {
        let uncontended = [
            ("empty", 60.0),
            ("ticket", 60.0 + ticket),
            ("mcs/spin", 90.2),
        ];
        let hand_over = [("ticket", hand_over)];
        let measured = Measured::of(&[("uncontended", &uncontended), ("hand-over", &hand_over)]);
        compare(&measured, &Table::parse(TABLE).unwrap())
    }

    fn verdict(lines: &[Line], column: &str, row: &str) -> Verdict {
        let line = lines.iter().find(|l| l.column == column && l.row == row);
        line.unwrap().verdict
    }

    #[test]
    fn two_instructions_more_in_a_fast_path_fail() {
        for (cost, expected) in [
            (20.3, Verdict::Pass),
            (21.0, Verdict::Pass),
            (21.9, Verdict::Fail),
            (22.0, Verdict::Fail),
        ] {
            let lines = lines(cost, 100.0);
            assert_eq!(lines.len(), 3);
            assert_eq!(verdict(&lines, "uncontended", "ticket"), expected, "{cost}");
            assert_eq!(verdict(&lines, "uncontended", "mcs/spin"), Verdict::Pass);
        }
    }

    #[test]
    fn two_instructions_fewer_pass_and_ask_for_the_table_to_be_renewed() {
        let lines = lines(18.0, 100.0);
        let ticket = lines.iter().find(|l| l.row == "ticket").unwrap();
        assert_eq!(ticket.verdict, Verdict::Pass);
        assert_eq!(ticket.text, "2.0 fewer than 20.0. Try: --write");
    }

    #[test]
    fn hand_over_has_a_tolerance_of_its_own() {
        let verdict = |cost| verdict(&lines(20.0, cost), "hand-over", "ticket");
        assert_eq!(verdict(103.0), Verdict::Pass);
        assert_eq!(verdict(150.0), Verdict::Fail);
    }

    #[test]
    fn what_is_missing_on_either_side_is_not_measured() {
        let rows = [("empty", 60.0), ("ticket", 80.0), ("tas", 75.0)];
        let measured = Measured::of(&[("uncontended", &rows)]);
        let lines = compare(&measured, &Table::parse(TABLE).unwrap());
        assert_eq!(verdict(&lines, "uncontended", "ticket"), Verdict::Pass);
        assert_eq!(verdict(&lines, "uncontended", "tas"), Verdict::NotMeasured);
        assert_eq!(
            verdict(&lines, "uncontended", "mcs/spin"),
            Verdict::NotMeasured
        );
        assert_eq!(verdict(&lines, "hand-over", "ticket"), Verdict::NotMeasured);
    }

    #[test]
    fn cost_without_its_loop_is_not_measured() {
        let measured = Measured::of(&[("uncontended", &[("ticket", 80.0)])]);
        let lines = compare(&measured, &Table::parse(TABLE).unwrap());
        assert!(
            lines.iter().all(|l| l.verdict == Verdict::NotMeasured),
            "{lines:?}"
        );
    }
}
