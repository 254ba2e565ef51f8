// SPDX-License-Identifier: GPL-2.0

//! The lines of a report that the samplers of a run fill.

use core::{
    fmt::{
        Result,
        Write, //
    },
    ops::Deref, //
};

use abi::{
    histogram::{
        self,
        Head,
        Of, //
    },
    lock_load::{
        Bypass,
        Cause,
        CpuTime,
        LongWait,
        LongWaits,
        Order,
        ServiceOrder,
        ThreadWaits, //
    },
    status::OracleState, //
};
use algo::{
    histogram::SUB_BITS,
    primitive::Atomic, //
};

use crate::{
    instrumentation::Instrumentation,
    latency_histogram::LatencyHistogram,
    thread_log::{
        cause,
        ThreadLog, //
    },
    thresholds::TOLERANCE_NS,
    world::World, //
};

// The tools derive the width of a bucket from its smallest value.
const _: () = assert!(SUB_BITS == abi::histogram::SUB_BITS);

/// Where the threads were in a run, and for how long.
pub struct Presence<'a> {
    /// The vCPU that a thread was bound to.
    pub vcpu_of: &'a dyn Fn(u32) -> u32,
    /// The time of the run, for each thread, less pauses and the time for which it queued for its vCPU.
    pub present_ns: u64,
    /// Whether the clocks of all vCPUs agree.
    pub tsc_is_stable: bool,
}

/// Writes the lines.
pub fn write<W: World>(
    run: &Instrumentation<W>,
    presence: &Presence<'_>,
    to: &mut impl Write,
) -> Result {
    let threads = || (0u32..).zip(run.logs());
    for (index, log) in threads() {
        let line = ThreadWaits {
            index,
            vcpu: (presence.vcpu_of)(index),
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
    let order = order(run, presence.tsc_is_stable);
    writeln!(to, "{order}")?;
    if run.order == ServiceOrder::BypassOnce {
        writeln!(to, "{}", bypass(run, presence.tsc_is_stable))?;
    }
    writeln!(to, "{cpu_time}")?;
    for &cause in Cause::ALL {
        let line = LongWaits {
            cause,
            count: run.sum(|log| log.long_waits(cause).count.get()),
            ns: run.sum(|log| log.long_waits(cause).ns.get()),
        };
        writeln!(to, "{line}")?;
    }
    threads().try_for_each(|(index, log)| write_logged(index, log, to))?;
    threads()
        .try_for_each(|(index, log)| write_histograms(index, (presence.vcpu_of)(index), log, to))
}

/// Writes the long waits of thread `thread` that were logged.
fn write_logged<W: World>(thread: u32, log: &ThreadLog<W>, to: &mut impl Write) -> Result {
    log.logged.waits().try_for_each(|wait| {
        let line = LongWait {
            thread,
            vcpu: wait.vcpu,
            begin_ns: wait.begin_ns,
            end_ns: wait.end_ns,
            cause: cause(&wait.parts),
            holder_ns: wait.parts.holder,
            predecessor_ns: wait.parts.predecessor,
            own_ns: wait.parts.own,
            queue_ns: wait.parts.queue,
        };
        writeln!(to, "{line}")
    })
}

fn write_histograms<W: World>(
    index: u32,
    vcpu: u32,
    log: &ThreadLog<W>,
    to: &mut impl Write,
) -> Result {
    let kinds = [&log.wait, &log.hold, &log.handoff];
    let mut kinds = Of::EXCLUSIVE.iter().zip(kinds);
    kinds.try_for_each(|(&of, times)| write_histogram(of, index, vcpu, times, to))
}

/// Writes one histogram of thread `index`.
pub(crate) fn write_histogram<S: Deref<Target = [Atomic<u64>]>>(
    of: Of,
    index: u32,
    vcpu: u32,
    times: &LatencyHistogram<S>,
    to: &mut impl Write,
) -> Result {
    let head = Head {
        of,
        index,
        vcpu,
        count: times.histogram.total(),
        longest_ns: times.longest_ns.get(),
    };
    histogram::write(&head, times.histogram.buckets(), to)?;
    writeln!(to)
}

fn order<W: World>(run: &Instrumentation<W>, tsc_is_stable: bool) -> Order {
    let waits = run.sum(|log| log.waits.get());
    let overtaken = run.sum(|log| log.overtaken.get());
    Order {
        fifo: match run.order {
            ServiceOrder::Fifo => kept(run, waits, overtaken, tsc_is_stable),
            _ => OracleState::Untested,
        },
        waits,
        overtaken,
        tolerance_ns: TOLERANCE_NS,
    }
}

fn bypass<W: World>(run: &Instrumentation<W>, tsc_is_stable: bool) -> Bypass {
    let waits = run.sum(|log| log.waits.get());
    let exceeded = run.sum(|log| log.overtaken_twice.get());
    Bypass {
        once: kept(run, waits, exceeded, tsc_is_stable),
        exceeded,
    }
}

/// Returns whether a promise of order was kept, which was broken for so many of the waits.
fn kept<W: World>(
    run: &Instrumentation<W>,
    waits: u64,
    broken: u64,
    tsc_is_stable: bool,
) -> OracleState {
    match broken {
        _ if !run.reports_contention || waits == 0 => OracleState::Untested,
        // Arrivals on two vCPUs cannot be compared.
        _ if !tsc_is_stable => OracleState::Untested,
        0 => OracleState::Held,
        _ => OracleState::Broken,
    }
}
