// SPDX-License-Identifier: GPL-2.0

//! Terminal output, signals and usage errors.

pub mod interrupt;
pub mod numbers;
pub mod progress;
pub mod stderr;
pub mod stdout;
pub mod table;
pub mod usage;
