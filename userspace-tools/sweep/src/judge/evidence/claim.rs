// SPDX-License-Identifier: GPL-2.0

//! Claims are data: what a file in `scripts/claims` holds.

use std::{fs, path::Path};

use anyhow::bail;
use serde::Deserialize;

use super::{
    rule::{Condition, Rule},
    step::Step,
};
use crate::console::exit::Usage;

/// Claims, and the steps that measure them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// What is claimed, in one line.
    pub title: String,
    /// The steps, in the order in which they are taken.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
    /// The claims.
    #[serde(rename = "claim")]
    pub claims: Vec<Claim>,
}

/// One claim.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The claim in words.
    pub text: String,
    /// The step that measures it.
    pub step: String,
    /// The step's figure.
    pub figure: String,
    /// What the figure has to meet.
    pub required: Rule,
    /// The figure's unit, for print.
    #[serde(default)]
    pub unit: String,
    /// What must hold for the figure to say anything about the claim.
    #[serde(default)]
    pub needs: Vec<Condition>,
}

impl Claims {
    /// Reads `WHAT.toml` in `dir`.
    pub fn read(dir: &Path, what: &str) -> anyhow::Result<Self> {
        let path = dir.join(format!("{what}.toml"));
        let text = fs::read_to_string(&path).map_err(|error| {
            let known = names(dir).join(" ");
            Usage(format!("{}: {error}; allowed: {known}", path.display()))
        })?;
        Self::parse(&text).map_err(|error| Usage(format!("{}: {error}", path.display())).into())
    }

    fn parse(text: &str) -> Result<Self, String> {
        let claims: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for claim in &claims.claims {
            if !claims.steps.iter().any(|step| step.name == claim.step) {
                return Err(format!("claim `{}`: no step `{}`", claim.text, claim.step));
            }
        }
        for step in &claims.steps {
            step.check()?;
        }
        Ok(claims)
    }

    /// Those of some steps only; all of them for none.
    pub fn only(mut self, steps: &[String]) -> anyhow::Result<Self> {
        let known: Vec<&str> = self.steps.iter().map(|step| step.name.as_str()).collect();
        if let Some(step) = steps.iter().find(|step| !known.contains(&step.as_str())) {
            bail!(Usage(format!(
                "no step `{step}`; allowed: {}",
                known.join(" ")
            )));
        }
        if !steps.is_empty() {
            self.title += &format!(" (only {})", steps.join(" "));
            self.steps.retain(|step| steps.contains(&step.name));
            self.claims.retain(|claim| steps.contains(&claim.step));
        }
        Ok(self)
    }
}

/// The names of the files in `dir`, in order.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_suffix(".toml").map(str::to_string)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_of_a_step_that_there_is_not_is_refused() {
        let text = r#"
            title = "t"
            step = []
            claim = [{ text = "c", step = "demo", figure = "storm", required = "< 0.05" }]
        "#;
        assert!(Claims::parse(text).unwrap_err().contains("no step `demo`"));
    }

    #[test]
    fn the_claims_that_come_with_the_project_can_be_read() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/claims");
        let names = names(&dir);
        assert!(names.contains(&"foundation".to_string()), "{names:?}");
        for name in names {
            assert!(!Claims::read(&dir, &name).unwrap().claims.is_empty());
        }
    }
}
