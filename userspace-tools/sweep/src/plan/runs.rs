// SPDX-License-Identifier: GPL-2.0

//! Plan: the boots and the runs of an experiment, in order.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{
    experiment::Module,
    guest::Guest,
    setting::{words, Point},
    shard::Shard,
};

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Run {
    /// Its number in the whole plan.
    pub seq: usize,
    /// Which repeat it belongs to, from 1; 0 for a warm-up.
    pub repeat: u32,
    #[serde(rename = "part")]
    pub scenario: String,
    pub module: Module,
    pub settings: Point,
}

/// One boot of a guest, and the runs in it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Boot {
    /// Its number in the whole plan, from 1.
    pub number: usize,
    pub guest: Guest,
    pub runs: Vec<Run>,
    /// Estimated time, the boot included, on an idle host.
    pub estimate: Duration,
}

/// Every run of an experiment, in order.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Plan {
    pub schema: u32,
    pub seed: u64,
    pub boots: Vec<Boot>,
    /// Number of looks at the data, each after the same number of boots.
    #[serde(default = "one")]
    pub looks: u32,
    /// Number of runs left out: with more threads than their guest has vCPUs.
    pub left_out: usize,
    /// Which shard of it this is.
    pub shard: Shard,
}

fn one() -> u32 {
    1
}

impl Run {
    /// The line that the guest's `batch` reads.
    pub fn line(&self) -> String {
        format!("{} {}", self.module.name(), words(&self.settings))
    }
}

impl Boot {
    /// The text for the guest's `batch`, a line for each run.
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.line() + "\n").collect()
    }
}

impl Plan {
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.boots.iter().flat_map(|boot| &boot.runs)
    }

    /// The number of guest boots, as text.
    pub fn boot_count(&self) -> String {
        match self.boots.len() {
            1 => "one guest boot".into(),
            n => format!("{n} guest boots"),
        }
    }

    pub fn text(&self) -> String {
        self.boots.iter().map(Boot::text).collect()
    }

    /// Estimated time, boots included, on an idle host.
    pub fn estimate(&self) -> Duration {
        self.boots.iter().map(|boot| boot.estimate).sum()
    }
}
