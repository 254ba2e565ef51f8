// SPDX-License-Identifier: GPL-2.0

//! Checks that the reports of several modules have in common.

/// Checks that two numbers are equal.
pub(super) fn equal(what: &str, left: u64, right: u64) -> Result<(), String> {
    if left == right {
        return Ok(());
    }
    Err(format!("{what}: {left} != {right}"))
}

/// Checks that the run took time, and that there is one line for each of `wanted` threads, in the
/// order of their indices.
pub(super) fn threads(
    elapsed_ns: u64,
    wanted: u32,
    indices: impl ExactSizeIterator<Item = u32>,
) -> Result<(), String> {
    if elapsed_ns == 0 {
        return Err("elapsed_ns: 0".into());
    }
    equal("threads", indices.len() as u64, wanted.into())?;
    (0..)
        .zip(indices)
        .try_for_each(|(expected, index)| equal("index of a thread", index.into(), expected))
}
