// SPDX-License-Identifier: GPL-2.0

//! What other processes took of the guests' CPUs: an estimate of time beside them is none.

/// The most that they may take: a kernel developer bisects regressions of 10 %.
const MOST: f64 = 0.1;

/// Why no time was measured of guests from whose CPUs others took this part; none if that is little.
pub fn disturbed(others: f64) -> Option<String> {
    let (percent, most) = (others * 100.0, MOST * 100.0);
    (others > MOST).then(|| {
        format!(
            "other processes took {percent:.0} % of the guests' CPUs (allowed: {most:.0} %). Try: on an idle machine"
        )
    })
}
