// SPDX-License-Identifier: GPL-2.0

//! One run: its workload, picked by the setting `load`, and how it kicks halted vCPUs.

use abi::trial::Load;
use rig::HaltLimit;

use crate::{
    contention::Contention,
    prelude::*,
    trial,
    workload::Workload, //
};

/// A run that is ready to begin.
pub(crate) struct Run {
    pub(crate) kick: Kick,
    pub(crate) workload: KBox<dyn Workload>,
    /// If threads halt.
    _halt_limit: Option<HaltLimit>,
}

impl Run {
    /// Allocates all that the run needs, or refuses settings that do not work together.
    pub(crate) fn new(
        config: &Config,
        delay_loop: DelayLoop,
        limits: &Limits,
    ) -> Result<Self, Refused> {
        let kick = rig::kick(config.kick)?;
        let workload: KBox<dyn Workload> = match config.load {
            Load::Contest => Contention::new(config, delay_loop, kick, limits)?,
            _ => trial::new(config, kick)?,
        };
        rig::kick_by(kick);
        let is_contest = config.load == Load::Contest;
        let halts = config.load.halts() || (is_contest && config.lock.facts().halts);
        Ok(Self {
            kick,
            workload,
            _halt_limit: halts.then(HaltLimit::start),
        })
    }
}
