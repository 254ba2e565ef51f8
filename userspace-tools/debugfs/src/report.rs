// SPDX-License-Identifier: GPL-2.0

//! What a run came to, by module.

mod bottleneck;
mod job_runner;
mod lock_load;
mod sloppy_counter;

use std::{fmt::Display, iter::Peekable, str::FromStr, time::Duration};

use abi::{Line, Malformed};
use serde::{
    ser::{SerializeMap, SerializeSeq},
    Serialize, Serializer,
};

pub use self::{
    bottleneck::{Bottleneck, Finding},
    job_runner::JobRunner,
    lock_load::{Event, LockLoad},
    sloppy_counter::SloppyCounter,
};
use crate::{pairs, Outcome, Settings};

/// A finished run of a module.
pub trait Report: Sized + Serialize {
    /// The module's name.
    const MODULE: &'static str;
    /// Its settings.
    type Config: Settings;

    /// Reads the text of the file `report`.
    fn parse(text: &str) -> Result<Self, Malformed>;

    /// The run's number.
    fn run(&self) -> u64;

    /// The settings it ran with.
    fn config(&self) -> &Self::Config;

    /// Whether it came out as it must.
    fn outcome(&self) -> Outcome;

    /// Holds the numbers against each other; says which contradict.
    fn check(&self) -> Result<(), String>;

    /// How long a run lasts at least, and how long at most on an undisturbed machine.
    fn lasts(config: &Self::Config) -> (Duration, Duration);
}

/// The lines of a report, taken one after the other.
struct Lines<'a>(Peekable<std::str::Lines<'a>>);

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.lines().peekable())
    }

    fn take<T: FromStr<Err = Malformed>>(&mut self) -> Result<T, Malformed> {
        self.0.next().unwrap_or("").parse()
    }

    /// The line `config key=value …`, with every key in its place.
    fn config<C: Settings>(&mut self) -> Result<C, Malformed> {
        let mut config = C::default();
        match self.0.next().and_then(|l| l.strip_prefix("config ")) {
            Some(text) if config.take(text, u32::MAX).is_ok() && config.to_string() == text => {
                Ok(config)
            }
            _ => Err(Malformed("config")),
        }
    }

    /// Every line from here on that begins with `word`, each as `read` reads it.
    fn each<T>(
        &mut self,
        word: &str,
        read: impl Fn(&'a str) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let mine = |line: &&str| line.split(' ').next() == Some(word);
        let next = || self.0.next_if(mine).map(&read);
        std::iter::from_fn(next).collect()
    }

    /// The same of a line of the ABI.
    fn all<T: Line>(&mut self) -> Result<Vec<T>, Malformed> {
        self.each(T::WORD, str::parse)
    }

    /// The same if there is at most one.
    fn maybe<T: Line>(&mut self) -> Result<Option<T>, Malformed> {
        let next = self
            .0
            .next_if(|line| line.split(' ').next() == Some(T::WORD));
        next.map(str::parse).transpose()
    }

    /// Nothing is left.
    fn end(mut self) -> Result<(), Malformed> {
        match self.0.next() {
            None => Ok(()),
            Some(_) => Err(Malformed("report")),
        }
    }
}

/// Says that two numbers which must be equal are not.
fn equal(what: &str, left: u64, right: u64) -> Result<(), String> {
    if left == right {
        return Ok(());
    }
    Err(format!("{what}: {left} != {right}"))
}

/// Serializes a line of the ABI as a map of its keys: numbers as numbers, the rest as names.
fn fields<S: Serializer>(line: &impl Display, to: S) -> Result<S::Ok, S::Error> {
    let text = line.to_string();
    let mut map = to.serialize_map(None)?;
    for (key, value) in pairs(&text) {
        match (value.parse::<u64>(), value.parse::<i64>()) {
            (Ok(n), _) => map.serialize_entry(key, &n)?,
            (_, Ok(n)) => map.serialize_entry(key, &n)?,
            _ => map.serialize_entry(key, value)?,
        }
    }
    map.end()
}

/// Serializes a line that there is, as [`fields`] does.
fn some<T: Display, S: Serializer>(line: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    match line {
        Some(line) => fields(line, to),
        None => to.serialize_none(),
    }
}

/// Serializes many lines, each as [`fields`] does.
fn list<T: Display, S: Serializer>(lines: &[T], to: S) -> Result<S::Ok, S::Error> {
    struct Object<'a, T>(&'a T);
    impl<T: Display> Serialize for Object<'_, T> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            fields(self.0, to)
        }
    }
    let mut seq = to.serialize_seq(Some(lines.len()))?;
    for line in lines {
        seq.serialize_element(&Object(line))?;
    }
    seq.end()
}
