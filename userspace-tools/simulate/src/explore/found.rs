// SPDX-License-Identifier: GPL-2.0

//! What a schedule found.

/// What a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The promise that was broken.
    pub broken: Option<String>,
    /// Units of work done: sections, additions, indices, operations.
    pub work: u64,
}
