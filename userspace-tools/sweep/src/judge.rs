// SPDX-License-Identifier: GPL-2.0

//! Verdicts over results: oracles, rules, claims, baselines and comparisons.

pub mod atlas;
pub mod attribution;
pub mod baseline;
pub mod cell;
pub mod claims;
pub mod compare;
pub mod costs;
pub mod decide;
pub mod difference;
pub mod evaluation;
pub mod figures;
pub mod fit;
mod in_force;
pub mod label;
pub mod line;
pub mod oracle;
mod others;
pub mod prediction;
pub mod regret;
pub mod rules;
pub mod trials;
pub mod verdict;
