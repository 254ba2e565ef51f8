// SPDX-License-Identifier: GPL-2.0

//! A figure matched in a step's output or read from a file in its directory.

use std::{fs, path::Path};

use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::judge::figures::Figures;

#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct Matched {
    pub name: String,
    source: Source,
}

/// Where a figure is found.
#[derive(Debug)]
enum Source {
    /// The first group of the pattern in the command's output.
    Output(Regex, Take),
    /// The place in a JSON file in the step's directory.
    File(String, String),
    /// The ratio of two figures of the same step.
    Ratio(String, String),
}

/// How several matches of a pattern become one figure.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Take {
    #[default]
    Last,
    Sum,
    /// The one farthest from 0, without its sign.
    Farthest,
    /// Their number; 0 if there is none.
    Count,
}

/// The keys of a figure in a claim file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    pattern: Option<String>,
    #[serde(default)]
    take: Take,
    file: Option<String>,
    pointer: Option<String>,
    of: Option<String>,
    to: Option<String>,
}

impl TryFrom<Written> for Matched {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { name, take, .. } = written;
        let wrong = |why: String| format!("figure `{name}`: {why}");
        let places = (written.file, written.pointer);
        let source = match (written.pattern, places, (written.of, written.to)) {
            (Some(pattern), (None, None), (None, None)) => {
                let regex = Regex::new(&format!("(?m){pattern}"));
                let regex = regex.map_err(|error| wrong(error.to_string()))?;
                if take != Take::Count && regex.captures_len() < 2 {
                    return Err(wrong(format!("`{pattern}` has no group")));
                }
                Source::Output(regex, take)
            }
            (None, (Some(file), Some(pointer)), (None, None)) => Source::File(file, pointer),
            (None, (None, None), (Some(of), Some(to))) => Source::Ratio(of, to),
            _ => {
                let why = "no source (allowed: `pattern`, `file` and `pointer`, or `of` and `to`)";
                return Err(wrong(why.into()));
            }
        };
        Ok(Self { name, source })
    }
}

impl Matched {
    /// Finds it in the command's output, in `dir`, or among the figures `before` it.
    pub fn find(&self, dir: &Path, output: &str, before: &Figures) -> Option<f64> {
        match &self.source {
            Source::Ratio(of, to) => {
                let to = before.get(to)?.value();
                Some(before.get(of)?.value() / Some(to).filter(|to| *to != 0.0)?)
            }
            Source::File(file, pointer) => {
                let text = fs::read_to_string(dir.join(file)).ok()?;
                let json: Value = serde_json::from_str(&text).ok()?;
                json.pointer(pointer)?.as_f64()
            }
            Source::Output(regex, Take::Count) => Some(regex.find_iter(output).count() as f64),
            Source::Output(regex, take) => {
                let numbers = regex.captures_iter(output);
                let mut numbers = numbers.map(|found| found.get(1)?.as_str().parse::<f64>().ok());
                match take {
                    Take::Sum => numbers.reduce(|a, b| Some(a? + b?))?,
                    Take::Farthest => numbers.try_fold(None, |most: Option<f64>, n| {
                        let n = n?.abs();
                        Some(Some(most.map_or(n, |most| most.max(n))))
                    })?,
                    Take::Last | Take::Count => numbers.last()?,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(keys: &str) -> Result<Matched, toml::de::Error> {
        toml::from_str(&format!("name = 'n'\n{keys}"))
    }

    fn find(keys: &str, output: &str) -> Option<f64> {
        let figure = figure(keys).unwrap();
        figure.find(Path::new("/nonexistent"), output, &Figures::new())
    }

    #[test]
    fn pattern_takes_the_last_match_or_as_take_says() {
        let output = "a 1\nb 2\na 3\n";
        for (keys, output, found) in [
            ("pattern = '^a (\\d+)$'", output, Some(3.0)),
            ("pattern = '(\\d+)$'\ntake = 'sum'", output, Some(6.0)),
            (
                "pattern = '(.\\d)'\ntake = 'farthest'",
                "+1 -5 +3",
                Some(5.0),
            ),
            ("pattern = '^a'\ntake = 'count'", output, Some(2.0)),
            ("pattern = '^c (\\d+)'", output, None),
            ("pattern = '^c (\\d+)'\ntake = 'sum'", output, None),
            ("pattern = '^c'\ntake = 'count'", output, Some(0.0)),
            ("file = 'no.json'\npointer = '/a'", output, None),
        ] {
            assert_eq!(find(keys, output), found, "{keys}");
        }
    }

    #[test]
    fn ratio_is_of_figures_found_before() {
        let figure = figure("of = 'a'\nto = 'b'").unwrap();
        let ratio = |before: &[(&str, f64)]| {
            let before = before
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()));
            figure.find(Path::new("/nonexistent"), "", &before.collect())
        };
        assert_eq!(ratio(&[("a", 6.0), ("b", 2.0)]), Some(3.0));
        assert_eq!(ratio(&[("a", 6.0)]), None);
        assert_eq!(ratio(&[("a", 6.0), ("b", 0.0)]), None);
    }

    #[test]
    fn figure_without_exactly_one_source_is_rejected() {
        for keys in [
            "",
            "pattern = 'a'",
            "pattern = '('",
            "file = 'a'",
            "pattern = '(a)'\nfile = 'b'",
            "of = 'a'",
            "of = 'a'\nto = 'b'\npattern = '(c)'",
        ] {
            assert!(figure(keys).is_err(), "{keys}");
        }
    }
}
