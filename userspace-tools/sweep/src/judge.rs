// SPDX-License-Identifier: GPL-2.0

//! Verdicts over results: oracles, rules, claims, baselines.

pub mod baseline;
pub mod cell;
pub mod ci;
pub mod compare;
pub mod evidence;
pub mod figures;
pub mod fit;
pub mod gate;
pub mod oracle;
pub mod seed;
pub mod trials;
