// SPDX-License-Identifier: GPL-2.0

//! `sloppy-counter`: all counters but two of the kernel's, all works; no events of the control thread.

use abi::sloppy_counter::{Config, Counter, Work};
use machine::{Plan, Policy};

use super::{refuse, Outcome, Simulated};
use crate::failed::Failed;

impl Simulated for Config {
    type Report = results::SloppyCounter;

    fn length_ms(&self) -> u32 {
        self.run_ms
    }

    fn simulate(&self, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed> {
        refuse(&[
            ("fold_ms", self.fold_ms > 0),
            ("irq_ms", self.irq_ms > 0),
            ("change_ms", self.change_ms > 0),
            ("onoff_ms", self.onoff_ms > 0),
        ])?;
        if let (Work::Adds, Counter::PercpuCounter | Counter::PercpuRef) = (self.work, self.counter)
        {
            return Err(Failed::NoModel(self.counter.name()));
        }
        Ok(sloppy_counter_sim::run(self, plan, policy)?)
    }
}
