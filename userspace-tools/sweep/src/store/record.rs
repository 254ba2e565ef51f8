// SPDX-License-Identifier: GPL-2.0

//! A record: what one run was asked for and what came of it, one line of `runs.jsonl`.

use std::str::FromStr;

use anyhow::{bail, ensure, Context};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    plan::runs::{Boot, Run},
    plan::setting::Point,
    store::report::Report,
};

/// The version of the records.
pub const SCHEMA: u32 = abi::SCHEMA;

/// What the guest's `batch` says about one line of the plan, as it says it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Said {
    /// [`SCHEMA`] of its writer.
    pub schema: u32,
    /// The line's number in the plan.
    pub seq: usize,
    /// The module.
    pub module: String,
    /// Everything else: settings and results, or an error.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, Value>,
}

/// What is kept of it: the same, and where in the experiment it belongs.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// Which boot it was made in, from 1.
    #[serde(default)]
    pub boot: usize,
    /// The guest's own settings: tier, vcpus and, where asked for, mode and ratio.
    #[serde(default)]
    pub guest: Point,
    /// When it was heard of, in milliseconds since that boot began.
    #[serde(default)]
    pub at_ms: u64,
    /// The part's name.
    #[serde(rename = "part")]
    pub scenario: String,
    /// The repeat, from 1; 0 for a warm-up.
    pub repeat: u32,
    /// The line of the plan, to be given to `batch` again.
    pub line: String,
    /// What the guest said.
    #[serde(flatten)]
    pub said: Said,
}

impl Said {
    /// Reads a line of `batch`.
    pub fn parse(line: &str) -> anyhow::Result<Self> {
        let said: Self = serde_json::from_str(line)
            .with_context(|| format!("the guest's batch said `{line}`, which is not a record"))?;
        ensure!(
            said.schema == SCHEMA,
            "a record of schema {}, but this sweep reads schema {SCHEMA}: rebuild tools and modules together",
            said.schema
        );
        Ok(said)
    }

    /// The reason, if the run could not be made.
    pub fn error(&self) -> Option<&str> {
        self.rest.get("error").and_then(Value::as_str)
    }
}

impl Record {
    /// Puts what the guest said where the plan has it, and refuses what the plan did not ask for.
    pub fn place(mut said: Said, run: &Run, boot: &Boot, at_ms: u64) -> anyhow::Result<Self> {
        said.seq = run.seq;
        let record = Self {
            boot: boot.number,
            guest: boot.guest.point(),
            at_ms,
            scenario: run.scenario.clone(),
            repeat: run.repeat,
            line: run.line(),
            said,
        };
        if record.said.error().is_some() {
            return Ok(record);
        }
        ensure!(
            record.said.module == run.module.name(),
            "run {}: planned for {}, but {} answered",
            run.seq,
            run.module.name(),
            record.said.module
        );
        let settings = record.settings()?;
        for (key, wanted) in &run.settings {
            match settings.get(key) {
                Some(had) if had == wanted => {}
                had => bail!(
                    "run {}: {key}={wanted} was planned, but it ran with {had:?}",
                    run.seq
                ),
            }
        }
        Ok(record)
    }

    /// All settings of the run: those of its guest, and as the module reported them.
    pub fn settings(&self) -> anyhow::Result<Point> {
        let config = self.said.rest.get("config").cloned().unwrap_or_default();
        let config: Point = serde_json::from_value(config)
            .with_context(|| format!("run {}: config", self.said.seq))?;
        let mut settings = self.guest.clone();
        settings.extend(config);
        Ok(settings)
    }

    /// Whether it counts: a warm-up does not.
    pub fn counts(&self) -> bool {
        self.repeat > 0
    }

    /// What came of the run, in the ABI's own types.
    pub fn report(&self) -> anyhow::Result<Report> {
        Report::read(self).with_context(|| {
            format!(
                "run {} of {}, `{}`",
                self.said.seq, self.said.module, self.line
            )
        })
    }

    /// The object `key`, read back through the ABI's line, so that it has exactly its keys.
    pub fn line<T: Line>(&self, key: &str, word: &str, keys: &[&str]) -> anyhow::Result<T> {
        let object = self.said.rest.get(key);
        line(object.with_context(|| format!("no `{key}`"))?, word, keys)
    }

    /// The list `key` of such objects.
    pub fn lines<T: Line>(&self, key: &str, word: &str, keys: &[&str]) -> anyhow::Result<Vec<T>> {
        let list = self.said.rest.get(key).and_then(Value::as_array);
        let list = list.with_context(|| format!("no list `{key}`"))?;
        list.iter().map(|object| line(object, word, keys)).collect()
    }
}

/// A line of the ABI.
pub trait Line: FromStr<Err = abi::Malformed> {}
impl<T: FromStr<Err = abi::Malformed>> Line for T {}

fn line<T: Line>(object: &Value, word: &str, keys: &[&str]) -> anyhow::Result<T> {
    let object = object
        .as_object()
        .with_context(|| format!("`{word}` is no object"))?;
    if let Some(stranger) = object.keys().find(|key| !keys.contains(&key.as_str())) {
        bail!("`{word}` has a key `{stranger}` that this sweep does not know");
    }
    let mut text = word.to_string();
    for key in keys {
        let value = object
            .get(*key)
            .with_context(|| format!("`{word}` has no `{key}`"))?;
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_string);
        text += &format!(" {key}={value}");
    }
    text.parse()
        .map_err(|malformed| anyhow::anyhow!("`{text}`: {malformed}"))
}
