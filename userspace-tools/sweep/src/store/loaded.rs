// SPDX-License-Identifier: GPL-2.0

//! Loaded result: a result directory in memory.

use std::{fs, io::ErrorKind, path::Path};

use anyhow::{bail, Context};

use crate::{
    console::usage::Usage,
    plan::{experiment::Experiment, runs::Plan},
    store::provenance::Provenance,
    store::record::Record,
    store::{check, directory, runs},
};

/// A result.
#[derive(Debug)]
pub struct Loaded {
    /// The experiment as it was run.
    pub experiment: Experiment,
    /// Its provenance.
    pub provenance: Provenance,
    /// Its plan; results of schema 1 have none.
    pub plan: Option<Plan>,
    /// Its records.
    pub records: Vec<Record>,
    /// Why it is incomplete, if it is.
    pub incomplete: Option<String>,
}

/// The experiment of `dir` as it was run, and its provenance.
pub fn head(dir: &Path) -> anyhow::Result<(Experiment, Provenance)> {
    if !dir.join(directory::EXPERIMENT).is_file() {
        let dir = dir.display();
        let why = format!("cannot read {dir}: no result directory. Try: make demo");
        return Err(Usage(why).into());
    }
    let mut experiment = Experiment::read(&dir.join(directory::EXPERIMENT))?;
    let provenance = Provenance::read(dir)?;
    experiment.guest = provenance.guest.clone();
    experiment.repeats = provenance.repeats;
    Ok((experiment, provenance))
}

/// The plan of `dir`, if it has one.
pub fn plan(dir: &Path) -> anyhow::Result<Option<Plan>> {
    let path = dir.join(directory::PLAN_JSON);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let plan = serde_json::from_str(&text);
    plan.with_context(|| format!("cannot read {}", path.display()))
}

impl Loaded {
    /// Reads `dir`.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let (experiment, provenance) = head(dir)?;
        let (plan, records) = (plan(dir)?, runs::records(dir)?);
        let marked = directory::incomplete(dir);
        Ok(Self {
            incomplete: marked.or_else(|| check::incomplete(plan.as_ref(), &records)),
            experiment,
            provenance,
            plan,
            records,
        })
    }

    /// Reads `dir`, and refuses an incomplete result: `what` needs every run.
    pub fn complete(dir: &Path, what: &str) -> anyhow::Result<Self> {
        let loaded = Self::read(dir)?;
        if let Some(why) = &loaded.incomplete {
            let dir = dir.display();
            bail!("cannot {what} {dir}: it is incomplete: {why}");
        }
        Ok(loaded)
    }
}
