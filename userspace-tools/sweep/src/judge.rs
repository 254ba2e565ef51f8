// SPDX-License-Identifier: GPL-2.0

//! Verdicts over results: oracles, rules, claims, baselines and comparisons.

pub mod baseline;
pub mod cell;
pub mod ci;
pub mod compare;
mod estimate;
pub mod evaluation;
pub mod evidence;
pub mod figures;
pub mod fit;
pub mod oracle;
pub mod rules;
pub mod seed;
pub mod trials;
pub mod verdict;
