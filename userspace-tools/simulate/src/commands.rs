// SPDX-License-Identifier: GPL-2.0

//! Commands with more to them than a run.

pub mod explore;
pub mod waits;
