// SPDX-License-Identifier: GPL-2.0

//! Something that must be so, by the name that the case gives it.

use core::fmt;

use crate::Malformed;

/// `finding name=… seen=… due=…`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding<'a> {
    /// What was looked at.
    pub name: &'a str,
    /// What was seen.
    pub seen: u64,
    /// What was due; anything else is wrong.
    pub due: u64,
}

impl fmt::Display for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, seen, due } = self;
        write!(f, "finding name={name} seen={seen} due={due}")
    }
}

impl<'a> Finding<'a> {
    /// The word that the line begins with.
    pub const WORD: &'static str = "finding";

    /// Reads what `Display` wrote.
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
