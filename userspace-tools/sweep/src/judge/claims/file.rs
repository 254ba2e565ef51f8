// SPDX-License-Identifier: GPL-2.0

//! Claim files: the project's own in `scripts/claims`, those of source documents in `scripts/seeds`.

use std::{fs, path::Path};

use anyhow::bail;
use serde::{de::Error, Deserialize, Deserializer, Serialize};

use super::{machine, step::Step};
use crate::{
    console::usage::Usage,
    judge::figures::Figures,
    plan::{
        rule::{Op, Rule},
        setting::Many,
    },
};

/// Claims, and the steps that measure them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimFile {
    /// What is claimed, in one line; a source document has a head instead.
    #[serde(default)]
    pub title: String,
    /// The source document, if the claims are not the project's own.
    pub document: Option<Document>,
    /// The steps, in the order in which they run.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    #[serde(rename = "claim")]
    pub claims: Vec<Claim>,
    /// The whole file.
    #[serde(skip)]
    pub text: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub author: String,
    pub title: String,
    pub year: u32,
    /// What it is about, and what replaces its machine here.
    pub about: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    #[serde(default)]
    pub place: String,
    pub text: String,
    /// What is measured, in words.
    #[serde(default)]
    pub measure: String,
    /// What stands in for what the document is about; the claim is then neither reproduced nor
    /// contradicted by it.
    pub surrogate: Option<String>,
    /// The step that measures it; a claim without a step is not testable here.
    pub step: Option<String>,
    /// Rules over the step's figures. The first one's figure is what was measured.
    #[serde(default, deserialize_with = "one_or_many")]
    pub expect: Vec<Rule>,
    /// Rules without which the figures do not bear on the claim: figures of its step, and facts of this
    /// machine.
    #[serde(default)]
    pub needs: Vec<Rule>,
    /// Why the limit is what it is: a paper, a peer, a user's need; never the measurement.
    #[serde(default)]
    pub reason: String,
    /// Figures to be shown beside it, without a verdict of their own.
    #[serde(default)]
    pub beside: Vec<Beside>,
    /// The ground of a PASS, printed as a conjecture unless it names a measured figure in backquotes; or why
    /// the claim is not testable here.
    #[serde(default)]
    pub why: String,
    /// The ground of a FAIL, likewise.
    pub otherwise: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// What is measured, in words.
    pub measure: String,
    pub step: String,
    pub figure: String,
    /// Its unit, for print.
    #[serde(default)]
    pub unit: String,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Rule>, D::Error> {
    let rules = Many::<String>::deserialize(deserializer)?;
    let rules = rules.all().iter().cloned().map(Rule::try_from);
    rules.collect::<Result<_, _>>().map_err(D::Error::custom)
}

impl ClaimFile {
    /// Reads `NAME.toml` in `dir`.
    pub fn read(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let path = dir.join(format!("{name}.toml"));
        let wrong = |cause: String| Usage(format!("cannot read {}: {cause}", path.display()));
        let text = fs::read_to_string(&path)
            .map_err(|error| wrong(format!("{error} (allowed: {})", names(dir).join(" "))))?;
        let file =
            Self::parse(&text, &dir.parent().unwrap_or(dir).join("experiments")).map_err(wrong)?;
        Ok(Self { text, ..file })
    }

    fn parse(text: &str, experiments: &Path) -> Result<Self, String> {
        let mut file: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for step in &mut file.steps {
            step.experiments = experiments.into();
        }
        for step in &file.steps {
            step.check()?;
        }
        file.claims.iter().try_for_each(|claim| file.check(claim))?;
        let documented = file.document.is_some();
        let used = |step: &&Step| file.claims.iter().any(|claim| claim.uses(&step.name));
        match file.steps.iter().find(|step| documented && !used(step)) {
            Some(step) => Err(format!("step `{}`: no claim uses it", step.name)),
            None => Ok(file),
        }
    }

    fn check(&self, claim: &Claim) -> Result<(), String> {
        let wrong = |why: &str| Err(format!("claim `{}`: {why}", claim.text));
        if claim.step.is_some() == claim.expect.is_empty() {
            return wrong("`step` and `expect` belong together");
        }
        if self.document.is_some() {
            if claim.why.trim().is_empty() {
                return wrong("`why` is missing");
            }
            if claim.surrogate.is_some() && claim.step.is_none() {
                return wrong("a surrogate is measured by a step");
            }
            if claim.step.is_some() != claim.otherwise.is_some() {
                return wrong("a claim that is measured has `otherwise`, and no other has it");
            }
        } else if claim.step.is_none() || claim.surrogate.is_some() {
            return wrong("`step` is missing, or `surrogate` given: that is for documents");
        } else if claim.reason.trim().is_empty() {
            return wrong("`reason` of the limit is missing");
        }
        if let Some(rule) = claim.expect.iter().find(|rule| cannot_fail(rule)) {
            return wrong(&format!("`{}` cannot fail", rule.text));
        }
        for rule in claim.expect.iter().chain(&claim.needs) {
            let figure = rule.figure().and_then(machine::check);
            figure.map_err(|why| format!("claim `{}`: {why}", claim.text))?;
        }
        let only_facts = |rule: &Rule| {
            rule.figure()
                .is_ok_and(|name| name.starts_with(machine::PREFIX))
        };
        if claim.step.is_none() && !claim.needs.iter().all(only_facts) {
            return wrong("`needs` of a claim without a step are facts of the machine");
        }
        let known = |name: &str| self.steps.iter().any(|step| step.name == name);
        match claim.steps().find(|step| !known(step)) {
            Some(step) => wrong(&format!("no step `{step}`")),
            None => Ok(()),
        }
    }

    /// The facts of this machine that its claims need.
    pub fn facts(&self) -> Figures {
        let needs = self.claims.iter().flat_map(|claim| &claim.needs);
        machine::facts(needs.filter_map(|rule| rule.figure().ok()))
    }

    /// Keeps some steps and their claims; all of them for none.
    pub fn only(mut self, steps: &[String]) -> anyhow::Result<Self> {
        let known: Vec<&str> = self.steps.iter().map(|step| step.name.as_str()).collect();
        if let Some(step) = steps.iter().find(|step| !known.contains(&step.as_str())) {
            let allowed = known.join(" ");
            bail!(Usage(format!("no step `{step}` (allowed: {allowed})")));
        }
        if !steps.is_empty() {
            self.title += &format!(" (only {})", steps.join(" "));
            self.steps.retain(|step| steps.contains(&step.name));
            self.claims
                .retain(|claim| claim.step.as_ref().is_some_and(|step| steps.contains(step)));
        }
        Ok(self)
    }
}

impl Claim {
    /// The steps whose figures it uses.
    fn steps(&self) -> impl Iterator<Item = &str> {
        let beside = self.beside.iter().map(|beside| beside.step.as_str());
        self.step.as_deref().into_iter().chain(beside)
    }

    fn uses(&self, step: &str) -> bool {
        self.steps().any(|name| name == step)
    }
}

/// Whether every rate, ratio and count that is measured at all meets the rule.
fn cannot_fail(rule: &Rule) -> bool {
    match rule.op {
        Op::More | Op::AtLeast => rule.bound() == 0.0,
        _ => false,
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

    const HEAD: &str = "document = { author = 'a', title = 't', year = 2011, about = 'x' }\n";
    const STEP: &str = "step = [{ name = 'n', host = 'true' }]\n";

    fn claim(head: &str, keys: &str) -> Result<ClaimFile, String> {
        let text = format!("{head}claim = [{{ text = 'c', {keys} }}]");
        ClaimFile::parse(&text, Path::new("none"))
    }

    fn refused(head: &str, keys: &str) -> String {
        claim(head, keys).unwrap_err()
    }

    #[test]
    fn claim_of_an_unknown_step_is_rejected() {
        let measured = "step = 'demo', reason = 'r', expect = 'storm < 0.05'";
        assert!(refused("title = 't'\n", measured).contains("no step `demo`"));
        let of_document = "why = 'w', otherwise = 'o', step = 'n', expect = 'f > 1'";
        assert!(refused(HEAD, of_document).contains("no step `n`"));
    }

    #[test]
    fn step_of_a_document_that_no_claim_uses_is_rejected() {
        let head = format!("{HEAD}{STEP}");
        assert!(refused(&head, "why = 'w'").contains("no claim uses it"));
    }

    #[test]
    fn claim_of_a_document_has_its_grounds() {
        assert!(claim(HEAD, "why = 'w'").unwrap().claims[0].step.is_none());
        assert!(refused(HEAD, "why = ' '").contains("why"));
        let head = format!("{HEAD}{STEP}");
        let measured = "why = 'w', step = 'n', expect = 'f > 1'";
        assert!(refused(&head, measured).contains("otherwise"));
        assert!(claim(&head, &format!("{measured}, otherwise = 'o'")).is_ok());
    }

    #[test]
    fn needs_of_a_claim_without_a_step_are_facts_of_the_machine() {
        assert!(claim(HEAD, "why = 'w', needs = ['machine.nodes >= 8']").is_ok());
        assert!(refused(HEAD, "why = 'w', needs = ['nodes >= 8']").contains("facts"));
        let unknown = "why = 'w', needs = ['machine.colour >= 8']";
        assert!(refused(HEAD, unknown).contains("no fact `machine.colour`"));
        assert!(refused(HEAD, "why = 'w', surrogate = 's'").contains("by a step"));
    }

    #[test]
    fn limit_has_a_reason_and_can_be_missed() {
        let head = format!("title = 't'\n{STEP}");
        let rule = |rule: &str| format!("step = 'n', reason = 'r', expect = '{rule}'");
        assert!(claim(&head, &rule("f >= -1024 KiB")).is_ok());
        for text in ["f > 0", "f >= 0 x"] {
            assert!(refused(&head, &rule(text)).contains("cannot fail"));
        }
        assert!(refused(&head, "step = 'n', expect = 'f > 1'").contains("`reason`"));
    }

    #[test]
    fn rule_of_a_claim_compares_a_figure_with_a_number() {
        let head = format!("title = 't'\n{STEP}");
        for rule in ["f > 2 * g", "cost(a, b) < 1", "f at threads 8 > 1", "f"] {
            let keys = format!("step = 'n', reason = 'r', expect = ['f > 1', '{rule}']");
            assert!(refused(&head, &keys).contains(rule));
        }
    }

    #[test]
    fn claim_files_of_the_project_are_valid() {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
        let count = |folder: &str| {
            let dir = scripts.join(folder);
            let files = names(&dir);
            let claims = |name: &String| ClaimFile::read(&dir, name).unwrap().claims.len();
            let claims: Vec<usize> = files.iter().map(claims).collect();
            (files, claims)
        };
        let (names, claims) = count("claims");
        let known = names.contains(&"foundation".into());
        assert!(known && !claims.contains(&0), "{names:?}");
        let (names, claims) = count("seeds");
        assert_eq!(names, ["000", "001", "002", "003", "004"]);
        assert!(claims.iter().sum::<usize>() >= 100);
    }
}
