// SPDX-License-Identifier: GPL-2.0

//! One run, whatever its work.

use abi::{
    sloppy_counter::{
        Check,
        Config,
        Sum,
        Work, //
    },
    Limits, //
};
use kernel::prelude::*;
use rig::{
    Control,
    Refused,
    Worker, //
};

use crate::{
    control::{
        control_run,
        Happened, //
    },
    ids::Ids,
    limit::Limit,
    many::Many,
    race::Race,
    refs::Refs, //
};

/// A run.
pub(crate) struct Bout {
    pub(crate) threads: u32,
    pub(crate) happened: Happened,
    pub(crate) kind: Kind,
    config: Config,
}

/// What its threads do.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one of it, behind a pointer"
)]
pub(crate) enum Kind {
    Adds(Race),
    Refs(Refs),
    Ids(Ids),
    Limit(Limit),
    Many(Many),
}

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) sum: Sum,
    pub(crate) check: Option<Check>,
}

impl Bout {
    pub(crate) fn new(config: &Config, limits: &Limits) -> Result<Self, Refused> {
        let kind = match config.work {
            Work::Adds => Kind::Adds(Race::new(config)?),
            Work::Refs => Kind::Refs(Refs::new(config)?),
            Work::Ids => Kind::Ids(Ids::new(config, limits)?),
            Work::Limit => Kind::Limit(Limit::new(config)?),
            Work::Many => Kind::Many(Many::new(config)?),
        };
        Ok(Self {
            threads: config.threads,
            happened: Happened::default(),
            kind,
            config: *config,
        })
    }

    pub(crate) fn control(&self, control: &Control<'_>) -> Result<(), Refused> {
        let (config, happened) = (&self.config, &self.happened);
        match &self.kind {
            Kind::Adds(run) => control_run(run, config, happened, control),
            Kind::Refs(run) => control_run(run, config, happened, control),
            Kind::Ids(run) => control_run(run, config, happened, control),
            Kind::Limit(run) => control_run(run, config, happened, control),
            Kind::Many(run) => control_run(run, config, happened, control),
        }
    }
}

impl Kind {
    pub(crate) fn work(&self, worker: &Worker<'_>) {
        match self {
            Self::Adds(run) => run.take_part(worker),
            Self::Refs(run) => run.take_part(worker),
            Self::Ids(run) => run.take_part(worker),
            Self::Limit(run) => run.take_part(worker),
            Self::Many(run) => run.take_part(worker),
        }
    }

    pub(crate) fn change(&self, threshold: u32) {
        if let Self::Adds(run) = self {
            run.change(threshold);
        }
    }

    /// Operations that the thread `index` made.
    pub(crate) fn adds(&self, index: usize) -> u64 {
        let of = |parts: &[rig::Padded<rig::SingleWriter>]| parts.get(index).map(|n| n.get());
        let adds = match self {
            Self::Adds(run) => run.parts.get(index).map(|part| part.adds.made.get()),
            Self::Refs(run) => of(&run.cycles),
            Self::Ids(run) => of(&run.taken),
            Self::Limit(run) => of(&run.cycles),
            Self::Many(run) => of(&run.adds),
        };
        adds.unwrap_or(0)
    }
}
