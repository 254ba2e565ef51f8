// SPDX-License-Identifier: GPL-2.0

//! The verdicts of oracles, rules, claims and baselines: the type that all tools share.

pub use results::{Case, Verdict};
