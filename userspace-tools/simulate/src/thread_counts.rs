// SPDX-License-Identifier: GPL-2.0

//! Counts of one thread.

/// What one thread did.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThreadCounts {
    pub(crate) sections: u64,
    /// Whether it left the run, once time was up.
    pub(crate) left: bool,
    /// Slow-path events, by name.
    pub(crate) events: Vec<(&'static str, u64)>,
}
