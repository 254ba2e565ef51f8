// SPDX-License-Identifier: GPL-2.0

//! The knee: from which threshold on more of it buys little.

use abi::sloppy_counter::Config;
use results::{Cell, Report, SloppyCounter};

/// More than this part of the best rate is good enough.
const ENOUGH: f64 = 0.9;

/// A line for each counter and number of threads whose threshold was swept.
pub fn knees(points: &[Cell<SloppyCounter>]) -> Vec<String> {
    let mut seen: Vec<Config> = Vec::new();
    let mut lines = Vec::new();
    for point in points {
        let alike = Config {
            threshold: 1,
            ..point.config
        };
        if seen.contains(&alike) {
            continue;
        }
        seen.push(alike);
        let same = points.iter().filter(|other| {
            let other = Config {
                threshold: 1,
                ..other.config
            };
            other == alike
        });
        let rates: Vec<(u32, f64)> = same
            .map(|p| (p.config.threshold, p.median(SloppyCounter::rate)))
            .collect();
        if let Some((threshold, part)) = knee(&rates) {
            lines.push(format!(
                "knee: {} with {} threads: threshold={threshold}, {:.0}% of the best rate",
                alike.counter,
                alike.threads,
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
    fn the_knee_is_where_more_buys_little() {
        let rates = [
            (1, 10.0),
            (16, 50.0),
            (256, 95.0),
            (1024, 98.0),
            (4096, 100.0),
        ];
        assert_eq!(knee(&rates), Some((256, 0.95)));
    }

    #[test]
    fn two_points_have_no_knee() {
        assert_eq!(knee(&[(1, 10.0), (16, 50.0)]), None);
        assert_eq!(knee(&[(1, 0.0), (2, 0.0), (3, 0.0)]), None);
    }
}
