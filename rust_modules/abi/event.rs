// SPDX-License-Identifier: GPL-2.0

//! Count of a slow-path event; the list of names is in `algo`.

use core::fmt;

use crate::Malformed;

/// `event name=… count=…`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Name of the event.
    pub name: &'a str,
    /// Number of times.
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
