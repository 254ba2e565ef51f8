// SPDX-License-Identifier: GPL-2.0

//! Shard: the share of a plan that one of several machines runs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Shard `i` of `n`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Shard {
    /// From 1.
    pub i: usize,
    /// 1 for a whole plan.
    pub n: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self { i: 1, n: 1 }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.i, self.n)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("cannot parse shard `{text}`; allowed: I/N, for instance 2/3");
        let (i, n) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.parse().map_err(|_| wrong());
        match (number(i)?, number(n)?) {
            (i, n) if 1 <= i && i <= n => Ok(Self { i, n }),
            _ => Err(wrong()),
        }
    }
}
