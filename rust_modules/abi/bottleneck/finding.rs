// SPDX-License-Identifier: GPL-2.0

//! Result of one check of a bottleneck's oracle.

use core::fmt;

use crate::Malformed;

/// `finding name=… seen=… due=…`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The checked value or error, in one word.
    pub name: &'a str,
    /// The value seen, or how often the error was.
    pub seen: u64,
    /// The value due; any other is wrong.
    pub due: u64,
}

impl fmt::Display for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, seen, due } = self;
        write!(f, "finding name={name} seen={seen} due={due}")
    }
}

impl<'a> Finding<'a> {
    /// The first word of the line.
    pub const WORD: &'static str = "finding";

    /// Parses what `Display` writes.
    pub fn read(line: &'a str) -> Result<Self, Malformed> {
        let read = || {
            let rest = line.strip_prefix("finding name=")?;
            let (name, rest) = rest.split_once(" seen=")?;
            let (seen, due) = rest.split_once(" due=")?;
            let one_word = !name.is_empty() && !name.contains(' ');
            one_word.then_some(Self {
                name,
                seen: seen.parse().ok()?,
                due: due.parse().ok()?,
            })
        };
        read().ok_or(Malformed("finding"))
    }
}
