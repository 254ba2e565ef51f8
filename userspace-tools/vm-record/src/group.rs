// SPDX-License-Identifier: GPL-2.0

//! Record of a group of guests, as `vm run --guests K` writes it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The group's file in the folder that `--record` names: a list of members.
pub const GROUP_FILE: &str = "guests.json";

/// One guest of a group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct GroupMember {
    /// Its number, from 1.
    pub guest: usize,
    /// The exit code of its `vm`.
    pub exit_code: u8,
    /// Its record's file.
    pub record: PathBuf,
}
