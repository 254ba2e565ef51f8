// SPDX-License-Identifier: GPL-2.0

//! Module `sloppy-counter`: threads on vCPUs add to one counter, or do other work with counters.

#![deny(unsafe_code)]

mod adds;
mod adds_report;
mod audit;
mod events;
mod fit;
mod history;
mod ids;
mod limit;
mod many;
mod promises;
mod refs;
mod registry;
mod run;
mod subject;
mod work;

use core::fmt::{
    self,
    Write, //
};

use abi::{
    sloppy_counter::{
        Config,
        Run as RunLine,
        Thread, //
    },
    Limits,
    SCHEMA, //
};
use rig::{
    prelude::*,
    Control,
    FinishedRun,
    Load, //
};

use self::run::Run;

module! {
    type: Module,
    name: "sloppy_counter",
    authors: ["Slowpath"],
    description: "Counters under load on vCPUs",
    license: "GPL",
}

rig::module_of!(SloppyCounter, SloppyCounter);

struct SloppyCounter;

impl Load for SloppyCounter {
    type Run = Run;
    const NAME: &'static CStr = c"sloppy-counter";
    const START_TIMEOUT_MS: u32 = rig::START_TIMEOUT_MS;
    rig::settings!(Config);

    fn length_ms(config: &Config) -> u32 {
        config.run_ms
    }

    fn prepare(&self, config: &Config, limits: &Limits, _: &Preparation) -> Result<Run, Refused> {
        Run::new(config, limits)
    }

    fn threads(run: &Run) -> u32 {
        run.config.threads
    }

    fn work(run: &Run, worker: &Worker<'_>) {
        run.work.thread(worker);
    }

    fn control(run: &Run, control: &Control<'_>) -> Result<(), Refused> {
        run.cause_events(control)
    }

    fn change(run: &Run, config: &Config) {
        run.work.set_threshold(config.threshold);
    }

    fn now(run: &Run, to: &mut Text) -> fmt::Result {
        run.work.now(to)
    }

    fn report(&self, finished: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        let line = RunLine {
            schema: SCHEMA,
            run: finished.number,
        };
        writeln!(to, "{line}\nconfig {}", finished.config)?;
        let Run { work, events, .. } = finished.run;
        work.write(finished.elapsed_ns, events, to)?;
        for (index, placement) in (0..).zip(finished.placements) {
            let thread = Thread {
                index,
                vcpu: placement.vcpu(),
                adds: work.operations(index as usize),
                moved: placement.moved(),
            };
            writeln!(to, "{thread}")?;
        }
        Ok(())
    }
}
