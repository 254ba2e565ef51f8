// SPDX-License-Identifier: GPL-2.0

//! Lines of the file `report`, parsed one after the other.

use std::{iter::Peekable, str::FromStr};

use abi::{Line, Malformed};

use crate::Settings;

/// The lines that are left.
pub(super) struct Lines<'a>(Peekable<std::str::Lines<'a>>);

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.lines().peekable())
    }

    /// Parses the next line.
    pub(super) fn take<T: FromStr<Err = Malformed>>(&mut self) -> Result<T, Malformed> {
        self.0.next().unwrap_or("").parse()
    }

    /// Parses the line `config key=value …`, which has every key in its order.
    pub(super) fn config<C: Settings>(&mut self) -> Result<C, Malformed> {
        let mut config = C::default();
        match self.0.next().and_then(|l| l.strip_prefix("config ")) {
            Some(text) if config.take(text, u32::MAX).is_ok() && config.to_string() == text => {
                Ok(config)
            }
            _ => Err(Malformed("config")),
        }
    }

    /// Parses all lines from here on that begin with `word`.
    pub(super) fn each<T>(
        &mut self,
        word: &str,
        read: impl Fn(&'a str) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let mine = |line: &&str| line.split(' ').next() == Some(word);
        let next = || self.0.next_if(mine).map(&read);
        std::iter::from_fn(next).collect()
    }

    /// Parses all lines from here on that are a `T`.
    pub(super) fn all<T: Line>(&mut self) -> Result<Vec<T>, Malformed> {
        self.each(T::WORD, str::parse)
    }

    /// Parses the next line if it is a `T`.
    pub(super) fn maybe<T: Line>(&mut self) -> Result<Option<T>, Malformed> {
        let mine = |line: &&str| line.split(' ').next() == Some(T::WORD);
        self.0.next_if(mine).map(str::parse).transpose()
    }

    /// Checks that no line is left.
    pub(super) fn end(mut self) -> Result<(), Malformed> {
        match self.0.next() {
            None => Ok(()),
            Some(_) => Err(Malformed("report")),
        }
    }
}
