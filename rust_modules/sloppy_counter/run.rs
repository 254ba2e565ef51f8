// SPDX-License-Identifier: GPL-2.0

//! One run: its work, and its events.

use abi::{
    sloppy_counter::{
        Config,
        Work as Name, //
    },
    Limits, //
};
use algo::primitive::PerVcpu;
use rig::{
    must_fit,
    possible_vcpus,
    prelude::*, //
};

use crate::{
    adds::Adds,
    fit,
    ids::Ids,
    limit::Limit,
    many::Many,
    refs::Refs,
    work::{
        EventCounts,
        Work, //
    }, //
};

/// A run.
pub(crate) struct Run {
    pub(crate) config: Config,
    pub(crate) events: EventCounts,
    pub(crate) work: KBox<dyn Work>,
}

impl Run {
    pub(crate) fn new(config: &Config, limits: &Limits) -> Result<Self, Refused> {
        fit::check(config, limits)?;
        if let Name::Refs | Name::Many = config.work {
            // Each has a word on each vCPU.
            let words = u64::from(config.objects).saturating_mul(possible_vcpus().into());
            let bytes = words.saturating_mul(PerVcpu::BYTES as u64);
            must_fit(format_args!("`objects={}`", config.objects), bytes, limits)?;
        }
        let work: KBox<dyn Work> = match config.work {
            Name::Adds => KBox::new(Adds::new(config)?, GFP_KERNEL)?,
            Name::Refs => KBox::new(Refs::new(config)?, GFP_KERNEL)?,
            Name::Ids => KBox::new(Ids::new(config, limits)?, GFP_KERNEL)?,
            Name::Limit => KBox::new(Limit::new(config)?, GFP_KERNEL)?,
            Name::Many => KBox::new(Many::new(config)?, GFP_KERNEL)?,
        };
        Ok(Self {
            config: *config,
            events: EventCounts::default(),
            work,
        })
    }
}
