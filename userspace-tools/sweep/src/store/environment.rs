// SPDX-License-Identifier: GPL-2.0

//! Environment of a result: the source, the machine, and the tools.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde::{Deserialize, Serialize};

use crate::store::{machine::Machine, toolbox::Toolbox};

/// Machine and tools that a result is made by.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Environment {
    /// The host.
    pub machine: Machine,
    /// The tools.
    pub toolbox: Toolbox,
}

impl Environment {
    /// Those of this process.
    pub fn here() -> Self {
        Self {
            machine: Machine::here(),
            toolbox: Toolbox::here(),
        }
    }

    /// Each fact by name.
    pub fn facts(&self) -> Vec<(String, String)> {
        [self.machine.facts(), self.toolbox.facts()].concat()
    }
}

/// The source, as `git` knows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Git {
    /// The commit; none outside a clone.
    pub commit: Option<String>,
    /// Whether anything was changed since.
    pub dirty: Option<bool>,
}

impl Git {
    /// Asks `git` about the current directory.
    pub fn here() -> Self {
        let git = |args: &[&str]| {
            let out = Command::new("git").args(args).output().ok()?;
            out.status
                .success()
                .then(|| String::from_utf8_lossy(&out.stdout).trim().to_string())
        };
        Self {
            commit: git(&["rev-parse", "HEAD"]),
            dirty: git(&["status", "--porcelain"]).map(|changes| !changes.is_empty()),
        }
    }
}

/// Each fact that two environments, builds or others have otherwise, with both values.
pub fn differences(
    one: Vec<(String, String)>,
    other: Vec<(String, String)>,
) -> Vec<(String, String, String)> {
    let (one, other) = (BTreeMap::from_iter(one), BTreeMap::from_iter(other));
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let both = names.into_iter().map(|name| {
        let of = |facts: &BTreeMap<String, String>| facts.get(name).cloned();
        let of = |facts| of(facts).unwrap_or_else(|| "none".into());
        (name.clone(), of(&one), of(&other))
    });
    both.filter(|(_, one, other)| one != other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_the_fact_and_both_values() {
        let facts = |facts: &[(&str, &str)]| {
            let facts = facts.iter().map(|(k, v)| (k.to_string(), v.to_string()));
            facts.collect::<Vec<_>>()
        };
        let one = facts(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let other = facts(&[("a", "1"), ("b", "9"), ("d", "4")]);
        let found = differences(one, other);
        let shown = found.iter().map(|(name, a, b)| format!("{name}: {a}, {b}"));
        let shown: Vec<String> = shown.collect();
        assert_eq!(shown, ["b: 2, 9", "c: 3, none", "d: none, 4"]);
    }
}
