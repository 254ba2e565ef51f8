// SPDX-License-Identifier: GPL-2.0

//! Unit of the guest's clock: nanoseconds, or in the tier `count` instructions.
//!
//! The kernel and the modules take the clock's unit for a nanosecond. All text and JSON about times goes
//! through this file, so that instructions are never printed as time.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vm_record::environment;

use crate::number::short;

/// The unit of times in a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Time.
    #[default]
    Nanoseconds,
    /// 1 ns of the guest is one instruction, and a second is 10^9 of them.
    Instructions,
}

/// Suffixes of keys in JSON: of a time, and of the same in instructions. The first that fits is the one.
const SUFFIXES: [(&str, &str); 3] = [
    ("ps", "milli_instructions"),
    ("us", "kilo_instructions"),
    ("ns", "instructions"),
];

impl Clock {
    /// The clock of the guest that this process runs in.
    pub fn here() -> Self {
        static HERE: OnceLock<Clock> = OnceLock::new();
        *HERE.get_or_init(|| Self::of(std::env::var(environment::CLOCK).ok().as_deref()))
    }

    /// The clock that the environment variable names.
    fn of(variable: Option<&str>) -> Self {
        match variable {
            Some(environment::INSTRUCTIONS) => Self::Instructions,
            _ => Self::Nanoseconds,
        }
    }

    /// Whether times are times.
    pub fn is_time(&self) -> bool {
        *self == Self::Nanoseconds
    }

    /// The unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Instructions => "instructions",
        }
    }

    /// A thousand units, a million, and 10^9.
    pub fn multiples(self) -> [&'static str; 3] {
        match self {
            Self::Nanoseconds => ["us", "ms", "s"],
            Self::Instructions => ["k instructions", "M instructions", "G instructions"],
        }
    }

    /// The end of a rate: `/s`, or `/G instructions`.
    pub fn per(self) -> &'static str {
        match self {
            Self::Nanoseconds => "/s",
            Self::Instructions => "/G instructions",
        }
    }

    /// A time in three digits: `950ns`, `12.3us`; or `12.3k instructions`.
    pub fn show(self, ns: u64) -> String {
        let n = ns as f64;
        match self {
            Self::Instructions if n < 1e3 => format!("{ns} instructions"),
            Self::Instructions => format!("{} instructions", short(n)),
            Self::Nanoseconds if n >= 1e9 => format!("{:.2}s", n / 1e9),
            Self::Nanoseconds if n >= 1e6 => format!("{:.2}ms", n / 1e6),
            Self::Nanoseconds if n >= 1e3 => format!("{:.1}us", n / 1e3),
            Self::Nanoseconds => format!("{ns}ns"),
        }
    }

    /// A report in JSON with the keys of this clock. Settings keep theirs, which the module reads.
    pub(crate) fn written(self, report: Value) -> Value {
        match self {
            Self::Nanoseconds => report,
            Self::Instructions => renamed(report, |(time, count)| (time, count)),
        }
    }

    /// The same with the keys that the report has in memory.
    pub(crate) fn parsed(self, report: Value) -> Value {
        match self {
            Self::Nanoseconds => report,
            Self::Instructions => renamed(report, |(time, count)| (count, time)),
        }
    }
}

type Suffix = (&'static str, &'static str);

/// Renames the keys that end in one suffix to end in another, but not those of settings.
fn renamed(value: Value, direction: fn(Suffix) -> Suffix) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| match key.as_str() {
                    "config" => (key, value),
                    _ => (key_of(&key, direction), renamed(value, direction)),
                })
                .collect::<Map<_, _>>(),
        ),
        Value::Array(values) => {
            let values = values.into_iter();
            Value::Array(values.map(|value| renamed(value, direction)).collect())
        }
        other => other,
    }
}

fn key_of(key: &str, direction: fn(Suffix) -> Suffix) -> String {
    let renamed = SUFFIXES.into_iter().map(direction).find_map(|(from, to)| {
        let start = key.strip_suffix(from)?;
        let whole = start.is_empty() || start.ends_with('_');
        whole.then(|| format!("{start}{to}"))
    });
    renamed.unwrap_or_else(|| key.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clock_is_named_by_the_environment() {
        assert_eq!(Clock::of(Some("instructions")), Clock::Instructions);
        assert_eq!(Clock::of(Some("")), Clock::Nanoseconds);
        assert_eq!(Clock::of(None), Clock::Nanoseconds);
    }

    #[test]
    fn instructions_are_never_shown_as_time() {
        for (ns, text) in [
            (0, "0 instructions"),
            (950, "950 instructions"),
            (12_345, "12.3k instructions"),
            (4_560_000, "4.56M instructions"),
            (1_200_000_000, "1.20G instructions"),
        ] {
            assert_eq!(Clock::Instructions.show(ns), text);
        }
    }

    #[test]
    fn keys_of_instructions_name_them_and_settings_keep_theirs() {
        let report = json!({
            "config": { "hold_ns": 0 },
            "sum": { "elapsed_ns": 5, "sections": 2 },
            "long_waits": [{ "ns": 7 }],
            "speed": { "add_ps": 3, "runs": 1 },
        });
        let shown = Clock::Instructions.written(report.clone());
        let expected = json!({
            "config": { "hold_ns": 0 },
            "sum": { "elapsed_instructions": 5, "sections": 2 },
            "long_waits": [{ "instructions": 7 }],
            "speed": { "add_milli_instructions": 3, "runs": 1 },
        });
        assert_eq!(shown, expected);
        assert_eq!(Clock::Instructions.parsed(shown), report);
        assert_eq!(Clock::Nanoseconds.written(report.clone()), report);
    }
}
