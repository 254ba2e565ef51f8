// SPDX-License-Identifier: GPL-2.0

//! A verdict with its name and its ground, as JSON and as the kernel's KTAP
//! (Documentation/dev-tools/ktap.rst).

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Clock, Verdict};

/// A check that was made: its verdict, and what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// Its name, unique in its list.
    #[serde(rename = "check")]
    pub name: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// What was measured, or why the verdict is so.
    #[serde(rename = "measured")]
    pub text: String,
    /// What is allowed, where that is not in the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// What was measured, by name.
    #[serde(flatten)]
    pub figures: Map<String, Value>,
}

impl Case {
    /// A case without figures.
    pub fn new(name: impl Into<String>, verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            verdict,
            text: text.into(),
            allowed: None,
            figures: Map::new(),
        }
    }

    /// Adds a figure. A name with a unit ends in it: `wait_ns`.
    #[must_use]
    pub fn with(mut self, name: &str, figure: impl Into<Value>) -> Self {
        self.figures.insert(name.into(), figure.into());
        self
    }

    /// Adds every field of a structure as a figure.
    #[must_use]
    pub fn with_all(mut self, figures: &impl Serialize) -> Self {
        // Structures of numbers and names: there is nothing that JSON cannot hold.
        if let Ok(Value::Object(figures)) = serde_json::to_value(figures) {
            self.figures.extend(figures);
        }
        self
    }

    /// The case as a line of JSON, without its end.
    pub fn to_json(&self) -> String {
        let json = match Clock::here() {
            Clock::Nanoseconds => serde_json::to_string(self),
            clock => serde_json::to_value(self).map(|case| clock.written(case).to_string()),
        };
        // Maps with string keys and finite numbers: there is nothing that JSON cannot hold.
        json.unwrap_or_default()
    }

    /// The case as the `number`th test of KTAP, with its lines of diagnosis before it.
    pub fn to_ktap(&self, number: usize) -> String {
        let (name, text) = (plain(&self.name), plain(&self.text));
        let allowed = self.allowed.as_deref().map(plain);
        let allowed = allowed.map_or_else(String::new, |allowed| format!("; allowed: {allowed}"));
        match self.verdict {
            Verdict::Pass if text.is_empty() => format!("ok {number} {name}"),
            Verdict::Pass => format!("ok {number} {name}: {text}"),
            Verdict::Skip => format!("ok {number} {name} # SKIP {text}"),
            verdict => format!("# {verdict}: {text}{allowed}\nnot ok {number} {name}: {verdict}"),
        }
    }
}

/// A text within a line of KTAP, where a `#` would begin a directive.
fn plain(text: &str) -> String {
    text.replace('#', "no.").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_figures_as_fields() {
        let case = Case::new("a", Verdict::NotMeasured, "nothing").with("memory_kib", -120);
        let json =
            r#"{"check":"a","verdict":"NOT MEASURED","measured":"nothing","memory_kib":-120}"#;
        assert_eq!(case.to_json(), json);
    }
}
