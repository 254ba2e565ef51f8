// SPDX-License-Identifier: GPL-2.0

//! Report of the work `adds`.

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    sloppy_counter::{
        Audit,
        Bucket,
        Counter as Name,
        Lane,
        Memory,
        Now,
        Of,
        Speed,
        Sum,
        Switch, //
    },
    status::OracleState, //
};
use algo::primitive::Relaxed;
use rig::{
    possible_vcpus,
    BurstTotals,
    PercpuCounter,
    Text, //
};

use crate::{
    adds::Adds,
    work::{
        EventCounts,
        Report, //
    }, //
};

impl Report for Adds {
    fn write(&self, elapsed_ns: u64, events: &EventCounts, to: &mut Text) -> Result {
        let audited = self.config.audit == Switch::On;
        writeln!(to, "{}", self.sum(elapsed_ns))?;
        writeln!(to, "{}", self.speed())?;
        if audited {
            writeln!(to, "{}", self.audited(events))?;
        }
        let memory = Memory {
            bytes: self.subject().bytes() as u64,
            per_vcpu: self.counter().bytes_per_vcpu() as u64,
            vcpus: possible_vcpus(),
            kernel_bytes: PercpuCounter::BYTES as u64,
            kernel_per_vcpu: PercpuCounter::PER_VCPU as u64,
        };
        writeln!(to, "{memory}")?;
        if audited {
            self.buckets(Of::Error, to)?;
            self.buckets(Of::Stale, to)?;
        }
        self.lanes(to)
    }

    fn now(&self, to: &mut Text) -> Result {
        let counter = self.counter();
        let now = Now {
            read: counter.read(),
            bound: counter.bound(),
            sum: counter.peek(),
            threshold: self.threshold.load(Relaxed),
            samples: self.audit.sum(|stats| &stats.samples),
            broken: self.audit.sum(|stats| &stats.broken),
            worst: self.audit.max(|stats| &stats.worst),
        };
        writeln!(to, "{now}")?;
        self.lanes(to)
    }
}

impl Adds {
    fn lanes(&self, to: &mut Text) -> Result {
        (0..possible_vcpus()).try_for_each(|vcpu| {
            let held = self.counter().held(vcpu);
            writeln!(to, "{}", Lane { vcpu, held })
        })
    }

    fn sum(&self, elapsed_ns: u64) -> Sum {
        let made = || self.times.iter().map(|times| times.adds.made.get());
        let (adds, counter) = (made().fold(0, u64::wrapping_add), self.counter());
        let no_promise = self.config.counter == Name::Empty;
        let truth = match no_promise || self.counts_references() {
            true => 0,
            false => adds.wrapping_add(self.audit.interrupts()) as i64,
        };
        // The cheap read first: an exact sum might fold what it finds.
        let (read, bound) = (counter.read(), counter.bound());
        let sum = counter.sum();
        let broken = self.audit.sum(|stats| &stats.broken) > 0;
        Sum {
            elapsed_ns,
            adds,
            truth,
            sum,
            read,
            bound,
            total: match sum == truth && read.abs_diff(truth) <= bound && !broken {
                _ if no_promise => OracleState::Untested,
                false => OracleState::Broken,
                true if made().filter(|&n| n > 0).count() < 2 => OracleState::Untested,
                true => OracleState::Held,
            },
        }
    }

    fn speed(&self) -> Speed {
        let adds = BurstTotals::of(self.times.iter().map(|times| &times.adds));
        let reads = BurstTotals::of(self.times.iter().map(|times| &times.reads));
        let stolen = self.times.iter().map(|times| times.steal_ns.get());
        Speed {
            busy_ns: adds.busy_ns,
            lost_ns: adds.lost_ns,
            steal_ns: stolen.fold(0, u64::wrapping_add),
            add_ps: adds.mean_ps(),
            best_add_ps: adds.best_ps,
            shared_add_ps: adds.shared_ps(),
            shared: adds.shared,
            reads: reads.made,
            read_ps: reads.mean_ps(),
            best_read_ps: reads.best_ps,
        }
    }

    fn audited(&self, events: &EventCounts) -> Audit {
        Audit {
            samples: self.audit.sum(|stats| &stats.samples),
            broken: self.audit.sum(|stats| &stats.broken),
            worst: self.audit.max(|stats| &stats.worst),
            bound: self.audit.max(|stats| &stats.bound),
            of_bound: self.audit.max(|stats| &stats.of_bound),
            stale_ns: self.audit.max(|stats| &stats.stale_ns),
            folds: events.folds.get(),
            changes: events.changes.get(),
            deaths: events.deaths.get(),
            interrupts: self.audit.interrupts(),
        }
    }

    /// Writes the buckets of all threads added up, in ascending order.
    fn buckets(&self, of: Of, to: &mut Text) -> Result {
        let mut least = 0;
        loop {
            let (mut from, mut count) = (u64::MAX, 0u64);
            for stats in self.audit.stats() {
                let histogram = match of {
                    Of::Error => &stats.errors,
                    Of::Stale => &stats.ages,
                };
                for (low, samples) in histogram.buckets().filter(|&(low, _)| low >= least) {
                    if low < from {
                        (from, count) = (low, 0);
                    }
                    if low == from {
                        count = count.wrapping_add(samples);
                    }
                }
            }
            if from == u64::MAX {
                return Ok(());
            }
            writeln!(to, "{}", Bucket { of, from, count })?;
            least = from.saturating_add(1);
        }
    }
}
