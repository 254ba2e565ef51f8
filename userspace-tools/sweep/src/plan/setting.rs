// SPDX-License-Identifier: GPL-2.0

//! Settings, parameter points, and patterns that select points.

use std::fmt;

use indexmap::IndexMap;
use serde::{
    de::{Error, Unexpected, Visitor},
    Deserialize, Deserializer, Serialize,
};

/// A value of a setting; a number is one however it is written.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Setting {
    Number(u64),
    /// One of the names that the module knows.
    Name(String),
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;
        impl Visitor<'_> for Value {
            type Value = Setting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 on or a name")
            }

            fn visit_u64<E: Error>(self, n: u64) -> Result<Setting, E> {
                Ok(Setting::Number(n))
            }

            fn visit_i64<E: Error>(self, n: i64) -> Result<Setting, E> {
                let number = u64::try_from(n).map(Setting::Number);
                number.map_err(|_| E::invalid_value(Unexpected::Signed(n), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Setting, E> {
                Ok(Setting::parse(text))
            }
        }
        deserializer.deserialize_any(Value)
    }
}

/// Whether `text` is one word of a module's `config`: anything else would be read as two settings, or as
/// none.
pub fn is_word(text: &str) -> bool {
    let is_wrong = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '#' | '=');
    !text.is_empty() && !text.contains(is_wrong)
}

impl Setting {
    /// The value that `text` stands for: a number if it is one.
    pub fn parse(text: &str) -> Self {
        let is_number = text.bytes().all(|c| c.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_number);
        number.map_or_else(|| text.into(), Self::Number)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl From<u64> for Setting {
    fn from(n: u64) -> Self {
        Self::Number(n)
    }
}

impl From<&str> for Setting {
    fn from(name: &str) -> Self {
        Self::Name(name.into())
    }
}

/// A parameter point: settings by name, in the order in which they were written.
pub type Point = IndexMap<String, Setting>;

/// `key=value key=value …`, as `config` takes it.
pub fn words(point: &Point) -> String {
    let words: Vec<String> = point.iter().map(|(k, v)| format!("{k}={v}")).collect();
    words.join(" ")
}

pub fn values_of(point: &Point) -> String {
    let values: Vec<String> = point.values().map(ToString::to_string).collect();
    values.join(" ")
}

/// `point` with `settings`, which override its own.
pub fn with(point: &Point, settings: impl IntoIterator<Item = (String, Setting)>) -> Point {
    let mut all = point.clone();
    all.extend(settings);
    all
}

pub fn without(point: &Point, key: &str) -> Point {
    let mut rest = point.clone();
    rest.shift_remove(key);
    rest
}

/// One value, or several: an axis of guests, or the alternatives of a pattern.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Many<T> {
    One(T),
    List(Vec<T>),
}

impl<T> Many<T> {
    pub fn all(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::List(values) => values,
        }
    }

    pub fn varies(&self) -> bool {
        matches!(self, Self::List(_))
    }
}

/// A condition on points: each key has one of the values named.
pub type Pattern = IndexMap<String, Many<Setting>>;

/// Whether `pattern` selects `point`.
pub fn matches(pattern: &Pattern, point: &Point) -> bool {
    let is_wanted = |(key, wanted): (&String, &Many<Setting>)| {
        let value = point.get(key);
        value.is_some_and(|value| wanted.all().contains(value))
    };
    pattern.iter().all(is_wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn pattern_needs_all_its_keys_and_any_of_their_values() {
        let point: Point = toml::from_str("lock = 'busted'\nthreads = 4").unwrap();
        assert!(matches(&pattern("lock = 'busted'"), &point));
        assert!(matches(&pattern("threads = [2, 4]"), &point));
        let other = pattern("lock = 'busted'\nthreads = [2, 8]");
        assert!(!matches(&other, &point));
        assert!(!matches(&pattern("hold_ns = 1"), &point));
    }

    #[test]
    fn number_is_one_however_it_is_written() {
        let point: Point = toml::from_str("a = 1\nb = '1'\nc = '+1'\nd = '01'").unwrap();
        let words = words(&point);
        assert_eq!(words, "a=1 b=1 c=+1 d=1");
        assert_eq!(point["a"], point["b"]);
        for text in ["a = -1", "a = 1.5", "a = true", "a = []"] {
            let error = toml::from_str::<Point>(text).unwrap_err().to_string();
            assert!(error.contains("a number from 0 on or a name"), "{error}");
        }
    }

    #[test]
    fn words_keep_the_order_of_the_settings() {
        let point: Point = toml::from_str("threads = 4\nlock = 'mcs/halt'").unwrap();
        assert_eq!(words(&point), "threads=4 lock=mcs/halt");
    }
}
