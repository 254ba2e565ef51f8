// SPDX-License-Identifier: GPL-2.0

//! The lines of a report that the samplers of a run fill.

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    histogram::{
        self,
        Head,
        Of, //
    },
    lock_load::{
        Cause,
        CpuTime,
        LongWaits,
        Order,
        ThreadWaits, //
    }, //
};
use algo::histogram::SUB_BITS;

use super::{
    instrumentation::Instrumentation,
    thresholds::TOLERANCE_NS, //
};
use crate::prelude::*;
use rig::tsc_is_stable;

// The tools derive the width of a bucket from its smallest value.
const _: () = assert!(SUB_BITS == abi::histogram::SUB_BITS);

/// Usual size of the lines of one thread: three histograms of some hundred buckets.
pub(crate) const BYTES_PER_THREAD: usize = 8192;

/// Where the threads were in a run, and for how long.
pub(crate) struct Presence<'a> {
    pub(crate) placements: &'a [Padded<Placement>],
    /// The time of the run, for each thread, less pauses and the time for which it queued for its vCPU.
    pub(crate) present_ns: u64,
}

/// Writes the lines.
pub(crate) fn write(run: &Instrumentation, presence: &Presence<'_>, to: &mut Text) -> Result {
    let threads = || (0..).zip(run.logs()).zip(presence.placements);
    for ((index, log), place) in threads() {
        let line = ThreadWaits {
            index,
            vcpu: place.vcpu(),
            waits: log.waits.get(),
            overtaken: log.overtaken.get(),
            longest_wait_ns: log.wait.longest_ns.get(),
            longest_run: log.longest_streak.get(),
            lost_ns: log.lost_ns.get(),
        };
        writeln!(to, "{line}")?;
    }
    let lost_ns = run.sum(|log| log.lost_ns.get());
    let cpu_time = CpuTime {
        cpu_ns: presence.present_ns.saturating_sub(lost_ns),
        lost_ns,
    };
    writeln!(to, "{}\n{cpu_time}", order(run))?;
    for &cause in Cause::ALL {
        let line = LongWaits {
            cause,
            count: run.sum(|log| log.long_waits(cause).count.get()),
            ns: run.sum(|log| log.long_waits(cause).ns.get()),
        };
        writeln!(to, "{line}")?;
    }
    for ((index, log), place) in threads() {
        for &of in Of::ALL {
            let times = log.times(of);
            let head = Head {
                of,
                index,
                vcpu: place.vcpu(),
                count: times.histogram.total(),
                longest_ns: times.longest_ns.get(),
            };
            histogram::write(&head, times.histogram.buckets(), to)?;
            writeln!(to)?;
        }
    }
    Ok(())
}

fn order(run: &Instrumentation) -> Order {
    let waits = run.sum(|log| log.waits.get());
    let overtaken = run.sum(|log| log.overtaken.get());
    Order {
        fifo: match overtaken {
            _ if !run.fifo || !run.reports_contention || waits == 0 => OracleState::Untested,
            // Arrivals on two vCPUs cannot be compared.
            _ if !tsc_is_stable() => OracleState::Untested,
            0 => OracleState::Held,
            _ => OracleState::Broken,
        },
        waits,
        overtaken,
        tolerance_ns: TOLERANCE_NS,
    }
}
