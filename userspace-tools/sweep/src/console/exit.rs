// SPDX-License-Identifier: GPL-2.0

//! Exit codes, and the error that stands for wrong usage.

/// What was asked for cannot be done as asked; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// How a command ended that could do what it was asked for; the worse, the larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// All is as it must be; exit code 0.
    Held,
    /// The data do not tell; exit code 3.
    Inconclusive,
    /// Something is not; exit code 1.
    Broken,
}

impl From<bool> for Ended {
    fn from(holds: bool) -> Self {
        match holds {
            true => Self::Held,
            false => Self::Broken,
        }
    }
}
