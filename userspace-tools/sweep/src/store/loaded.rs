// SPDX-License-Identifier: GPL-2.0

//! Loaded result: a result directory in memory.

use std::path::Path;

use crate::{
    console::usage::Usage,
    plan::experiment::Experiment,
    store::provenance::Provenance,
    store::record::Record,
    store::{directory, runs},
};

/// A result.
#[derive(Debug)]
pub struct Loaded {
    /// The experiment as it was run.
    pub experiment: Experiment,
    /// Its provenance.
    pub provenance: Provenance,
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

impl Loaded {
    /// Reads `dir`.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let (experiment, provenance) = head(dir)?;
        Ok(Self {
            experiment,
            provenance,
            records: runs::records(dir)?,
            incomplete: directory::incomplete(dir),
        })
    }
}
