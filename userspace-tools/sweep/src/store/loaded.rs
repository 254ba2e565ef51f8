// SPDX-License-Identifier: GPL-2.0

//! A result directory, read back.

use std::path::Path;

use crate::{
    console::exit::Usage, plan::experiment::Experiment, store::directory,
    store::provenance::Provenance, store::record::Record,
};

/// All that one run of an experiment left.
#[derive(Debug)]
pub struct Loaded {
    /// What was run, as it was run.
    pub experiment: Experiment,
    /// By what, and on what.
    pub provenance: Provenance,
    /// What came of it.
    pub records: Vec<Record>,
    /// Why it is not complete, if it is not.
    pub incomplete: Option<String>,
}

/// The experiment of `dir` as it was run, and where the result comes from.
pub fn head(dir: &Path) -> anyhow::Result<(Experiment, Provenance)> {
    if !dir.join(directory::EXPERIMENT).is_file() {
        let hint = "no result directory; `make demo` makes one in build/results/";
        return Err(Usage(format!("{}: {hint}", dir.display())).into());
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
            records: directory::records(dir)?,
            incomplete: directory::incomplete(dir),
        })
    }
}
