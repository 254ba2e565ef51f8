// SPDX-License-Identifier: GPL-2.0

//! One run: its work, and its report.

use core::fmt::{self, Write};

use abi::{
    sloppy_counter::{Config, Run as RunLine, Thread, Work as Name},
    Limits, SCHEMA,
};
use algo::primitive::PerVcpu;
use rig::{must_fit, possible_vcpus, prelude::*, FinishedRun, Load};

use crate::{
    adds::Adds,
    fit,
    ids::Ids,
    limit::Limit,
    many::Many,
    refs::Refs,
    work::{EventCounts, Work},
};

/// A run.
pub(crate) struct Run {
    events: EventCounts,
    work: KBox<dyn Work>,
}

/// The load.
pub(crate) enum SloppyCounter {}

impl Load for SloppyCounter {
    type Config = Config;
    type Run = Run;

    fn prepare(config: &Config, limits: &Limits) -> Result<Run, Refused> {
        fit::check(config, limits)?;
        if let Name::Refs | Name::Many = config.work {
            // Each has a word on each vCPU.
            let words = u64::from(config.objects).saturating_mul(possible_vcpus().into());
            let bytes = words.saturating_mul(PerVcpu::BYTES as u64);
            must_fit(format_args!("`objects={}`", config.objects), bytes, limits)?;
        }
        let work: KBox<dyn Work> = match config.work {
            Name::Adds => Box::new(Adds::new(config)?),
            Name::Refs => Box::new(Refs::new(config)?),
            Name::Ids => Box::new(Ids::new(config, limits)?),
            Name::Limit => Box::new(Limit::new(config)?),
            Name::Many => Box::new(Many::new(config)?),
        };
        Ok(Run {
            events: EventCounts::default(),
            work,
        })
    }

    fn work(run: &Run, worker: &Worker<'_>) {
        run.work.thread(worker);
    }

    fn report(finished: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result {
        let line = RunLine {
            schema: SCHEMA,
            run: finished.number,
        };
        writeln!(to, "{line}\nconfig {}", finished.config)?;
        let Run { events, work } = finished.run;
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
