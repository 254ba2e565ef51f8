// SPDX-License-Identifier: GPL-2.0

//! The knee: the lowest threshold with nearly the best rate.

use abi::sloppy_counter::Config;
use results::{Cell, Report, SloppyCounter};

/// The part of the best rate that counts as nearly the best.
const ENOUGH: f64 = 0.9;

/// A line for each counter and number of threads whose threshold was swept.
pub fn knees(cells: &[Cell<SloppyCounter>]) -> Vec<String> {
    let without_threshold = |cell: &Cell<SloppyCounter>| Config {
        threshold: 1,
        ..cell.config
    };
    let mut seen: Vec<Config> = Vec::new();
    let mut lines = Vec::new();
    for config in cells.iter().map(without_threshold) {
        if seen.contains(&config) {
            continue;
        }
        seen.push(config);
        let same = cells.iter().filter(|c| without_threshold(c) == config);
        let rates = same.map(|cell| (cell.config.threshold, cell.median(SloppyCounter::rate)));
        if let Some((threshold, part)) = knee(&rates.collect::<Vec<_>>()) {
            lines.push(format!(
                "knee: {} with {} threads: threshold={threshold}, {:.0}% of the best rate",
                config.counter,
                config.threads,
                part * 100.0
            ));
        }
    }
    lines
}

/// The lowest of three thresholds or more that gives nearly the best rate, and how near.
fn knee(rates: &[(u32, f64)]) -> Option<(u32, f64)> {
    let best = rates.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    if rates.len() < 3 || best <= 0.0 {
        return None;
    }
    let enough = rates.iter().filter(|(_, rate)| *rate >= best * ENOUGH);
    let (threshold, rate) = enough.min_by_key(|(threshold, _)| *threshold)?;
    Some((*threshold, rate / best))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knee_is_the_lowest_threshold_with_nearly_the_best_rate() {
        let rates = [10.0, 50.0, 95.0, 98.0, 100.0];
        let rates: Vec<_> = [1, 16, 256, 1024, 4096].into_iter().zip(rates).collect();
        assert_eq!(knee(&rates), Some((256, 0.95)));
    }

    #[test]
    fn two_points_have_no_knee() {
        assert_eq!(knee(&[(1, 10.0), (16, 50.0)]), None);
        assert_eq!(knee(&[(1, 0.0), (2, 0.0), (3, 0.0)]), None);
    }
}
