// SPDX-License-Identifier: GPL-2.0

//! How often something happened on a slow path, by the name that the list in `algo` gives it.

use core::fmt;

use crate::Malformed;

/// `event name=… count=…`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// What happened.
    pub name: &'a str,
    /// How often.
    pub count: u64,
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event name={} count={}", self.name, self.count)
    }
}

impl<'a> Event<'a> {
    /// Reads what `Display` wrote.
    pub fn read(line: &'a str) -> Result<Self, Malformed> {
        line.strip_prefix("event name=")
            .and_then(|rest| rest.split_once(" count="))
            .filter(|(name, _)| !name.is_empty() && !name.contains(' '))
            .and_then(|(name, count)| {
                let count = count.parse().ok()?;
                Some(Self { name, count })
            })
            .ok_or(Malformed("event"))
    }
}
