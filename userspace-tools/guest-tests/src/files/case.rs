// SPDX-License-Identifier: GPL-2.0

//! A test that begins with a fresh module.

use anyhow::Result;
use debugfs::Module;

use crate::subject::{fresh, halt, Subject};

/// A test of a fresh module.
pub type Case<R> = (&'static str, fn(&Module<R>) -> Result<()>);

/// Runs `body` on a fresh module, and stops what it started.
pub fn on_fresh<R: Subject>(body: fn(&Module<R>) -> Result<()>) -> Result<()> {
    let module = fresh::<R>()?;
    let outcome = body(&module);
    halt(&module)?;
    outcome
}
