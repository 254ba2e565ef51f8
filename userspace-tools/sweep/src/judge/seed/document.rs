// SPDX-License-Identifier: GPL-2.0

//! A document's claims are data: what a file in `scripts/seeds` holds.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    console::exit::Usage,
    judge::evidence::{
        names,
        rule::{Condition, Rule},
        step::Step,
    },
};

/// A document, the steps that put it to the test, and what it claims.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Which one it is.
    #[serde(rename = "document")]
    pub about: About,
    /// The steps, in the order in which they are taken.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// The claims, in the document's order.
    #[serde(rename = "claim")]
    pub claims: Vec<Claim>,
}

/// Which document it is.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Who wrote it.
    pub author: String,
    /// Its title.
    pub title: String,
    /// When.
    pub year: u32,
    /// What it is about, and what stands for its machine here.
    pub about: String,
}

/// One claim.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Where in the document it stands.
    pub place: String,
    /// What it says, in our words.
    pub says: String,
    /// How it is measured here; a claim without a measurement cannot be shown here.
    pub measure: Option<Measure>,
    /// Numbers that belong beside it, without a verdict of their own.
    #[serde(default)]
    pub beside: Vec<Beside>,
    /// What the verdict rests on, or why it cannot be shown here.
    pub why: String,
    /// Why it is not so here, where it is not.
    pub otherwise: Option<String>,
}

/// How a claim is measured here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// What the figure is.
    pub what: String,
    /// The step that measures it.
    pub step: String,
    /// The step's figure.
    pub figure: String,
    /// The figure's unit, for print.
    #[serde(default)]
    pub unit: String,
    /// What the figure must meet for the claim to be reproduced.
    pub required: Rule,
    /// What other figures of the step must meet besides.
    #[serde(default)]
    pub and: Vec<Condition>,
    /// Without these the machine cannot show it.
    #[serde(default)]
    pub needs: Vec<Condition>,
}

/// A number beside a claim.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// What it is.
    pub what: String,
    /// The step that measures it.
    pub step: String,
    /// The step's figure.
    pub figure: String,
    /// Its unit, for print.
    #[serde(default)]
    pub unit: String,
}

impl Document {
    /// Reads `SEED.toml` in `dir`.
    pub fn read(dir: &Path, seed: &str) -> anyhow::Result<Self> {
        let path = dir.join(format!("{seed}.toml"));
        let text = fs::read_to_string(&path).map_err(|error| {
            let known = names(dir).join(" ");
            Usage(format!("{}: {error}; allowed: {known}", path.display()))
        })?;
        Self::parse(&text).map_err(|error| Usage(format!("{}: {error}", path.display())).into())
    }

    fn parse(text: &str) -> Result<Self, String> {
        let document: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for step in &document.steps {
            step.check()?;
        }
        document
            .claims
            .iter()
            .try_for_each(|claim| document.check(claim))?;
        match document.steps.iter().find(|step| !document.uses(step)) {
            Some(step) => Err(format!("step `{}`: no claim needs it", step.name)),
            None => Ok(document),
        }
    }

    fn check(&self, claim: &Claim) -> Result<(), String> {
        let wrong = |why: &str| Err(format!("claim `{}`: {why}", claim.says));
        if claim.why.trim().is_empty() {
            return wrong("it has to say why");
        }
        if claim.measure.is_some() != claim.otherwise.is_some() {
            return wrong("`otherwise` belongs to a claim that is measured, and to each of them");
        }
        let known = |name: &str| self.steps.iter().any(|step| step.name == name);
        match claim.steps().find(|step| !known(step)) {
            Some(step) => wrong(&format!("no step `{step}`")),
            None => Ok(()),
        }
    }

    fn uses(&self, step: &Step) -> bool {
        let mut all = self.claims.iter().flat_map(Claim::steps);
        all.any(|name| name == step.name)
    }
}

impl Claim {
    /// The steps it rests on.
    fn steps(&self) -> impl Iterator<Item = &str> {
        let measure = self.measure.iter().map(|measure| measure.step.as_str());
        measure.chain(self.beside.iter().map(|beside| beside.step.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "document = { author = 'a', title = 't', year = 2011, about = 'x' }\n";

    fn parse(text: &str) -> Result<Document, String> {
        Document::parse(&format!("{HEAD}{text}"))
    }

    fn refused(text: &str) -> String {
        parse(text).unwrap_err()
    }

    #[test]
    fn a_claim_that_is_not_measured_says_why() {
        let text = "claim = [{ place = 'p', says = 's', why = 'w' }]";
        assert!(parse(text).unwrap().claims[0].measure.is_none());
        assert!(refused("claim = [{ place = 'p', says = 's', why = ' ' }]").contains("why"));
        assert!(refused("claim = [{ place = 'p', says = 's' }]").contains("why"));
    }

    #[test]
    fn a_claim_that_is_measured_says_why_it_may_not_be_so() {
        let measured =
            "step = [{ name = 'n', command = 'true' }]\nclaim = [{ place = 'p', says = 's', \
            why = 'w', measure = { what = 'x', step = 'n', figure = 'f', required = '> 1' }";
        assert!(refused(&format!("{measured} }}]")).contains("otherwise"));
        assert!(parse(&format!("{measured}, otherwise = 'o' }}]")).is_ok());
    }

    #[test]
    fn steps_and_claims_belong_to_each_other() {
        let text = "claim = [{ place = 'p', says = 's', why = 'w', otherwise = 'o', \
                    measure = { what = 'x', step = 'n', figure = 'f', required = '> 1' } }]";
        assert!(refused(text).contains("no step `n`"));
        let text = "step = [{ name = 'n', command = 'true' }]\n\
                    claim = [{ place = 'p', says = 's', why = 'w' }]";
        assert!(refused(text).contains("no claim needs it"));
    }

    #[test]
    fn the_documents_that_come_with_the_project_can_be_read() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/seeds");
        let names = names(&dir);
        assert_eq!(names, ["000", "001", "002", "003", "004"]);
        let claims = names
            .iter()
            .map(|name| Document::read(&dir, name).unwrap().claims.len());
        assert!(claims.sum::<usize>() >= 100);
    }
}
