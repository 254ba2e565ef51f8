// SPDX-License-Identifier: GPL-2.0

//! Small charts in letters: the shape of each series over the last axis, from zero.

use crate::{console::human, judge::cell::Cell, plan::experiment::Scenario, plan::setting::Point};

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One line for each series, the highest of all as high as a line.
pub fn shapes(scenario: &Scenario, cells: &[Cell]) -> String {
    let Some((last, values)) = scenario.axes.last().filter(|(_, values)| values.len() > 1) else {
        return String::new();
    };
    let median = |cell: &Cell| cell.sample().map_or(0.0, |sample| sample.median);
    let most = cells.iter().map(median).fold(0.0, f64::max);
    let mut series: Vec<(Point, String)> = Vec::new();
    for cell in cells {
        let rest = cell.at.iter().filter(|(key, _)| *key != last);
        let rest: Point = rest.map(|(k, v)| (k.clone(), v.clone())).collect();
        let block = block(median(cell), most);
        match series.iter_mut().find(|(at, _)| *at == rest) {
            Some((_, text)) => text.push_str(&block),
            None => series.push((rest, block)),
        }
    }
    let name = |at: &Point| {
        at.values()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let wide = series
        .iter()
        .map(|(at, _)| name(at).chars().count())
        .max()
        .unwrap_or(0);
    let ends: Vec<String> = values.iter().map(ToString::to_string).collect();
    let head = format!(
        "  {last} {}; a full block is {}\n",
        ends.join(" "),
        human::short(most)
    );
    let lines = series
        .iter()
        .map(|(at, text)| format!("  {:<wide$}  {text}\n", name(at)));
    head + &lines.collect::<String>()
}

/// Two columns, of which the smallest that is not zero can still be seen.
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
    fn the_most_is_full_and_the_least_is_seen() {
        assert_eq!(block(8.0, 8.0), "██ ");
        assert_eq!(block(0.001, 8.0), "▁▁ ");
        assert_eq!(block(0.0, 8.0), "   ");
        assert_eq!(block(0.0, 0.0), "   ");
    }
}
