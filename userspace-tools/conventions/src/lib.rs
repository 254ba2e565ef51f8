// SPDX-License-Identifier: GPL-2.0

//! Checks of the tree itself, run by `cargo test -p conventions`.
//!
//! The checks live in `tests/`; this library reads what they check: the [`crates`] of both worlds
//! with the imports between their files, and the [`texts`] that people read.

#![forbid(unsafe_code)]

pub mod crates;
pub mod cycles;
pub mod documents;
pub mod imports;
pub mod modules;
pub mod texts;

use std::path::PathBuf;

/// The root of the checkout.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.join("../..").canonicalize().unwrap_or(here)
}
