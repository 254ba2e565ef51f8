// SPDX-License-Identifier: GPL-2.0

//! The report of a run: that of `lock-load`, line by line.

use std::fmt::{self, Display, Formatter};

use abi::{
    event::Event,
    lock_load::{
        Config, Hypervisor, KernelLock, Kick, LostTimeSource, Machine, Mode, ModeWanted, Run, Sum,
        Thread, Torture,
    },
    status::OracleState,
    SCHEMA,
};
use measure::Presence;

use crate::{
    sampling::{Instrumentation, Sharing},
    thread_counts::ThreadCounts,
};

/// What is reported.
pub(crate) struct Report<'a> {
    pub(crate) config: &'a Config,
    pub(crate) elapsed_ns: u64,
    pub(crate) threads: &'a [ThreadCounts],
    pub(crate) lost_updates: u64,
    pub(crate) sticky_kicks: bool,
    /// Cache lines that moved between CPUs, in a run of contention.
    pub(crate) transfers: Option<u64>,
    /// Lines that only this kind of run has.
    pub(crate) details: &'a str,
    pub(crate) instrumentation: Option<&'a Instrumentation>,
    pub(crate) sharing: Option<&'a Sharing>,
}

impl Report<'_> {
    fn event(thread: &ThreadCounts, name: &str) -> u64 {
        let mut events = thread.events.iter();
        events
            .find(|(other, _)| *other == name)
            .map_or(0, |(_, count)| *count)
    }

    fn events(&self, name: &str) -> u64 {
        self.threads
            .iter()
            .map(|thread| Self::event(thread, name))
            .sum()
    }

    fn sum(&self) -> Sum {
        let each = || self.threads.iter().map(|thread| thread.sections);
        let sections: u64 = each().sum();
        let promises = !self.config.lock.facts().promises_nothing;
        let lost = if promises { self.lost_updates } else { 0 };
        Sum {
            elapsed_ns: self.elapsed_ns,
            sections,
            min: each().min().unwrap_or(0),
            mean: sections / self.threads.len().max(1) as u64,
            max: each().max().unwrap_or(0),
            halts: self.events("halts"),
            kicks: self.events("kicks"),
            exclusion: match lost {
                1.. => OracleState::Broken,
                0 if promises && each().filter(|&n| n > 0).count() >= 2 => OracleState::Held,
                _ => OracleState::Untested,
            },
            lost,
        }
    }

    fn machine(&self) -> Machine {
        let mode = match self.config.mode {
            ModeWanted::Tas => Mode::Tas,
            _ if self.threads.len() == 1 => Mode::Single,
            _ => Mode::Pv,
        };
        Machine {
            hypervisor: Hypervisor::Other,
            kernel_lock: match mode {
                Mode::Tas => KernelLock::TestAndSet,
                Mode::Single => KernelLock::Unknown,
                _ => KernelLock::Pv,
            },
            mode,
            kick: match self.sticky_kicks {
                true => Kick::Hypercall,
                false => Kick::Ipi,
            },
            loops_per_us: 1000,
            lost_time: LostTimeSource::Steal,
        }
    }
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let run = Run {
            schema: SCHEMA,
            run: 1,
        };
        let torture = Torture {
            pauses: 0,
            paused_ns: 0,
            shuffles: 0,
            offline: 0,
            refused: 0,
            long_holds: 0,
            boosts: 0,
        };
        writeln!(
            f,
            "{run}\nconfig {}\n{}\n{}\n{torture}",
            self.config,
            self.sum(),
            self.machine()
        )?;
        for (index, counts) in (0..).zip(self.threads) {
            let thread = Thread {
                index,
                vcpu: index,
                sections: counts.sections,
                halts: Self::event(counts, "halts"),
                kicks: Self::event(counts, "kicks"),
                moved: 0,
                queued_ns: 0,
            };
            writeln!(f, "{thread}")?;
        }
        f.write_str(self.details)?;
        for name in algo::Events::NAMES {
            let count = self.events(name);
            writeln!(f, "{}", Event { name, count })?;
        }
        if let Some(count) = self.transfers {
            let name = "transfers";
            writeln!(f, "{}", Event { name, count })?;
        }
        if let Some(sharing) = self.sharing {
            let writes = self.sum().sections - sharing.reads();
            sharing.write(writes, &|thread| thread, f)?;
        }
        let presence = Presence {
            vcpu_of: &|thread| thread,
            present_ns: self.elapsed_ns * self.threads.len() as u64,
            tsc_is_stable: true,
        };
        self.instrumentation
            .map_or(Ok(()), |run| measure::write(run, &presence, f))
    }
}
