// SPDX-License-Identifier: GPL-2.0

//! A figure read out of what a command said or left behind.

use std::{fs, path::Path};

use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::judge::figures::{self, Figures};

/// Where a figure is found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// A pattern for the command's output; its first group is the number.
    pub pattern: Option<String>,
    /// What is made of several matches.
    #[serde(default)]
    pub take: Take,
    /// A JSON file in the step's directory …
    pub file: Option<String>,
    /// … and the place of the number in it.
    pub pointer: Option<String>,
    /// A figure of the same step, found before this one, …
    pub of: Option<String>,
    /// … and the one that it is divided by.
    pub to: Option<String>,
}

/// What is made of several matches of a pattern.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// The last one.
    #[default]
    Last,
    /// All together.
    Sum,
    /// The one farthest from 0, without its sign.
    Farthest,
    /// How many there are; 0 if none.
    Count,
}

impl Figure {
    /// Refuses what can never be found.
    pub fn check(&self) -> Result<(), String> {
        let wrong = |why: String| Err(format!("figure `{}`: {why}", self.name));
        let quotient = match (&self.of, &self.to) {
            (Some(_), Some(_)) => true,
            (None, None) => false,
            _ => return wrong("a quotient has both, `of` and `to`".into()),
        };
        match (&self.pattern, &self.file, &self.pointer) {
            (None, None, None) if quotient => Ok(()),
            _ if quotient => wrong("a quotient has neither pattern nor file".into()),
            (Some(pattern), None, None) => match (multiline(pattern), self.take) {
                (Err(error), _) => wrong(error.to_string()),
                (Ok(regex), take) if take != Take::Count && regex.captures_len() < 2 => {
                    wrong(format!("`{pattern}` has no group"))
                }
                _ => Ok(()),
            },
            (None, Some(_), Some(_)) => Ok(()),
            _ => wrong("allowed: a pattern, a file and a pointer, or `of` and `to`".into()),
        }
    }

    /// Finds it in what the command said, or left in `dir`, or makes it of the figures `so_far`.
    pub fn find(&self, dir: &Path, said: &str, so_far: &Figures) -> Option<f64> {
        if let (Some(of), Some(to)) = (&self.of, &self.to) {
            let to = so_far.get(to).filter(|to| **to != 0.0)?;
            return Some(so_far.get(of)? / to);
        }
        if let (Some(file), Some(pointer)) = (&self.file, &self.pointer) {
            let text = fs::read_to_string(dir.join(file)).ok()?;
            return serde_json::from_str::<Value>(&text)
                .ok()?
                .pointer(pointer)?
                .as_f64();
        }
        let regex = multiline(self.pattern.as_deref()?).ok()?;
        let numbers = regex
            .captures_iter(said)
            .map(|found| found.get(1)?.as_str().parse().ok());
        match self.take {
            Take::Count => Some(regex.find_iter(said).count() as f64),
            Take::Last => numbers.last()?,
            Take::Farthest => numbers
                .reduce(|a: Option<f64>, b| Some(a?.abs().max(b?.abs())))?
                .map(f64::abs),
            Take::Sum => numbers.reduce(|a: Option<f64>, b| Some(a? + b?))?,
        }
    }
}

fn multiline(pattern: &str) -> Result<Regex, regex_lite::Error> {
    Regex::new(&format!("(?m){pattern}"))
}

/// The figures of the experiment whose result directory is named last in `said`.
pub fn of_experiment(said: &str) -> Figures {
    let dirs = said
        .lines()
        .filter_map(|line| line.strip_prefix("results: "));
    let Some(dir) = dirs.last() else {
        return Figures::new();
    };
    let text = fs::read_to_string(Path::new(dir.trim()).join(figures::FILE)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str, said: &str) -> Option<f64> {
        let figure: Figure = toml::from_str(&format!("name = 'n'\n{text}")).unwrap();
        figure.check().unwrap();
        figure.find(Path::new("/nonexistent"), said, &Figures::new())
    }

    #[test]
    fn the_last_match_counts_unless_said_otherwise() {
        let said = "a 1\nb 2\na 3\n";
        assert_eq!(find("pattern = '^a (\\d+)$'", said), Some(3.0));
        assert_eq!(find("pattern = '(\\d+)$'\ntake = 'sum'", said), Some(6.0));
        assert_eq!(
            find("pattern = '([-+]\\d+)'\ntake = 'farthest'", "+1 -5 +3"),
            Some(5.0)
        );
        assert_eq!(find("pattern = '^a'\ntake = 'count'", said), Some(2.0));
    }

    #[test]
    fn what_was_not_said_is_not_measured_but_counts_as_none() {
        assert_eq!(find("pattern = '^c (\\d+)'", "a 1"), None);
        assert_eq!(find("pattern = '^c (\\d+)'\ntake = 'sum'", "a 1"), None);
        assert_eq!(find("pattern = '^c'\ntake = 'count'", "a 1"), Some(0.0));
        assert_eq!(find("file = 'no.json'\npointer = '/a'", "a 1"), None);
    }

    #[test]
    fn a_quotient_is_of_figures_that_were_found_and_of_nothing_else() {
        let figure: Figure = toml::from_str("name = 'n'\nof = 'a'\nto = 'b'").unwrap();
        figure.check().unwrap();
        let quotient = |so_far: &[(&str, f64)]| {
            let so_far = so_far.iter().map(|(name, value)| ((*name).into(), *value));
            figure.find(Path::new("/nonexistent"), "", &so_far.collect())
        };
        assert_eq!(quotient(&[("a", 6.0), ("b", 2.0)]), Some(3.0));
        assert_eq!(quotient(&[("a", 6.0)]), None);
        assert_eq!(quotient(&[("a", 6.0), ("b", 0.0)]), None);
    }

    #[test]
    fn what_can_never_be_found_is_refused() {
        for text in [
            "",
            "pattern = 'a'",
            "pattern = '('",
            "file = 'a'",
            "pattern = '(a)'\nfile = 'b'",
            "of = 'a'",
            "of = 'a'\nto = 'b'\npattern = '(c)'",
        ] {
            let figure: Figure = toml::from_str(&format!("name = 'n'\n{text}")).unwrap();
            assert!(figure.check().is_err(), "{text}");
        }
    }
}
