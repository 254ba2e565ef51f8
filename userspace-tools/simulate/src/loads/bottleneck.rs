// SPDX-License-Identifier: GPL-2.0

//! `bottleneck`: the cases and variants whose code is in `algo`.

use abi::bottleneck::{Config, Kind, Variant};
use machine::{Plan, Policy};

use super::{refuse, Outcome, Simulated};
use crate::failed::Failed;

impl Simulated for Config {
    type Report = results::Bottleneck;

    fn length_ms(&self) -> u32 {
        self.run_ms
    }

    fn simulate(&self, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed> {
        refuse(&[
            ("case=page_clear", self.case == Kind::PageClear),
            // It visits all vCPUs by interrupts.
            (
                "write_permille",
                self.case == Kind::MountCount && self.write_permille > 0,
            ),
        ])?;
        if let (Kind::AnonChain, Variant::Mutex | Variant::Rwsem) = (self.case, self.variant) {
            return Err(Failed::NoModel(self.variant.name()));
        }
        Ok(bottleneck_sim::run(self, plan, policy)?)
    }
}
