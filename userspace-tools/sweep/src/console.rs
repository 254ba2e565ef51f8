// SPDX-License-Identifier: GPL-2.0

//! Terminal output, signals and exit codes.

pub mod exit;
pub mod human;
pub mod interrupt;
pub mod progress;
pub mod say;
pub mod table;
