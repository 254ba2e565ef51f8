// SPDX-License-Identifier: GPL-2.0

//! Usage errors: commands that cannot be carried out as they were given.

/// Wrong usage: the command cannot be carried out as it was given.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);
