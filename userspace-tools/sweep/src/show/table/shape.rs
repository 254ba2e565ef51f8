// SPDX-License-Identifier: GPL-2.0

//! Small charts in block characters: each series over the last axis, from zero.

use crate::{
    console::numbers,
    judge::cell::Cell,
    plan::experiment::Scenario,
    plan::setting::{values_of, without, Point},
};

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One line for each series; the largest value of all is a full block.
pub fn shapes(scenario: &Scenario, cells: &[Cell]) -> String {
    let Some((last, values)) = scenario.axes.last().filter(|(_, values)| values.len() > 1) else {
        return String::new();
    };
    let median = |cell: &Cell| cell.sample().map_or(0.0, |sample| sample.median);
    let most = cells.iter().map(median).fold(0.0, f64::max);
    let mut series: Vec<(Point, String)> = Vec::new();
    for cell in cells {
        let rest = without(&cell.at, last);
        let block = block(median(cell), most);
        match series.iter_mut().find(|(at, _)| *at == rest) {
            Some((_, text)) => text.push_str(&block),
            None => series.push((rest, block)),
        }
    }
    let wide = series.iter().map(|(at, _)| values_of(at).chars().count());
    let wide = wide.max().unwrap_or(0);
    let ends: Vec<String> = values.iter().map(ToString::to_string).collect();
    let head = format!(
        "  {last} {}; a full block is {}\n",
        ends.join(" "),
        numbers::short(most)
    );
    let lines = series
        .iter()
        .map(|(at, text)| format!("  {:<wide$}  {text}\n", values_of(at)));
    head + &lines.collect::<String>()
}

/// A value as two block characters; a value above zero is never blank.
fn block(value: f64, most: f64) -> String {
    let eighths = (value / most * 8.0).ceil().clamp(0.0, 8.0);
    let block = BLOCKS[if eighths.is_finite() {
        eighths as usize
    } else {
        0
    }];
    format!("{block}{block} ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn largest_value_is_full_and_smallest_is_not_blank() {
        assert_eq!(block(8.0, 8.0), "██ ");
        assert_eq!(block(0.001, 8.0), "▁▁ ");
        assert_eq!(block(0.0, 8.0), "   ");
        assert_eq!(block(0.0, 0.0), "   ");
    }
}
