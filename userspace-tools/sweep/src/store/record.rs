// SPDX-License-Identifier: GPL-2.0

//! Record of one run: a line of `runs.jsonl`, the run's place in the experiment and its report.

use anyhow::{bail, ensure, Context};
use results::AnyReport;
use serde::{Deserialize, Serialize};

use crate::plan::{
    runs::{Boot, Run},
    setting::Point,
};

/// One run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// Number of its guest boot, from 1.
    #[serde(default)]
    pub boot: usize,
    /// The guest's settings: tier, vcpus and, where the experiment has them, mode and ratio.
    #[serde(default)]
    pub guest: Point,
    /// When `sweep` received it, in milliseconds since the guest boot began.
    #[serde(default)]
    pub at_ms: u64,
    /// The scenario's name.
    #[serde(rename = "part")]
    pub scenario: String,
    /// The repeat, from 1; 0 for a warm-up.
    pub repeat: u32,
    /// The line of the plan.
    pub line: String,
    /// The record of `batch`; its `seq` counts within the whole plan.
    #[serde(flatten)]
    pub run: results::Record,
}

/// Reads a line that `batch` printed.
pub fn parse(line: &str) -> anyhow::Result<results::Record> {
    serde_json::from_str(line).with_context(|| {
        format!("cannot read the guest's record `{line}`. Try: make tools modules")
    })
}

impl Record {
    /// The record `run` of the guest as the record of `planned`; refuses another run than planned.
    pub fn place(
        mut run: results::Record,
        planned: &Run,
        boot: &Boot,
        at_ms: u64,
    ) -> anyhow::Result<Self> {
        run.seq = planned.seq;
        let record = Self {
            boot: boot.number,
            guest: boot.guest.point(),
            at_ms,
            scenario: planned.scenario.clone(),
            repeat: planned.repeat,
            line: planned.line(),
            run,
        };
        if record.run.error().is_some() {
            return Ok(record);
        }
        let (seq, module) = (planned.seq, planned.module.name());
        ensure!(
            record.run.module == module,
            "run {seq} was planned for {module}, but {} reported",
            record.run.module
        );
        let settings = record.settings();
        for (key, wanted) in &planned.settings {
            match settings.get(key) {
                Some(had) if had == wanted => {}
                Some(had) => {
                    bail!("run {seq} was planned with {key}={wanted}, but ran with {key}={had}")
                }
                None => bail!(
                    "run {seq} was planned with {key}={wanted}, but {module} has no such setting"
                ),
            }
        }
        Ok(record)
    }

    /// All settings of the run: those of its guest, and as the module reported them.
    pub fn settings(&self) -> Point {
        let mut settings = self.guest.clone();
        if let Some(report) = self.run.report() {
            let config = serde_json::from_value::<Point>(report.settings().into());
            settings.extend(config.unwrap_or_default());
        }
        settings
    }

    /// Its report, if it counts: a warm-up and a failed run do not.
    pub fn counted(&self) -> Option<&AnyReport> {
        self.run.report().filter(|_| self.repeat > 0)
    }
}
