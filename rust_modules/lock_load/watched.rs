// SPDX-License-Identifier: GPL-2.0

//! What the instruments saw, as part of the report.

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
        Class,
        Granted,
        Order,
        Stops as StopsLine,
        Watched,
        Why, //
    },
    status::OracleState, //
};
use algo::histogram::SUB_BITS;
use rig::{
    FinishedRun,
    LatencyHistogram, //
    Text,
};

use crate::{
    contest::Contest,
    diary::{
        Blamed,
        Diary, //
    },
    instruments::{
        Instruments,
        TOLERANCE_NS, //
    },
    LockLoad, //
};

// Who reads a bucket by its smallest value has to know how wide it is.
const _: () = assert!(SUB_BITS == abi::histogram::SUB_BITS);

/// Bytes that the report of so many threads may have: of each a few lines and, if they were
/// watched, three histograms with some hundred buckets. A longer one asks for memory.
pub(crate) fn report_bytes(threads: u32, watched: bool) -> usize {
    let each = if watched { 8192 } else { 256 };
    (threads as usize).saturating_mul(each).saturating_add(4096)
}

/// Writes what was seen, if somebody looked on.
pub(crate) fn write(contest: &Contest, ended: &FinishedRun<'_, LockLoad>, to: &mut Text) -> Result {
    let Some(instruments) = &contest.instruments else {
        return Ok(());
    };
    for ((index, diary), place) in (0..).zip(instruments.diaries()).zip(ended.placements) {
        writeln!(to, "{}", watched(index, place.vcpu(), diary))?;
    }
    writeln!(to, "{}", order(instruments))?;
    let queued = ended.placements.iter().map(|place| place.queued_ns());
    let idle_ns = queued.fold(contest.disturb.paused_ns(), u64::saturating_add);
    let of_all_ns = ended.elapsed_ns.saturating_mul(contest.threads().into());
    let present_ns = of_all_ns.saturating_sub(idle_ns);
    writeln!(to, "{}", granted(instruments, present_ns))?;
    for class in Class::ALL {
        writeln!(to, "{}", why(instruments, *class))?;
    }
    for ((index, diary), place) in (0..).zip(instruments.diaries()).zip(ended.placements) {
        for of in Of::ALL {
            times(*of, index, place.vcpu(), diary, to)?;
        }
    }
    if let Some(stops) = &contest.stops {
        let line = StopsLine {
            whom: stops.whom,
            asked: stops.asked.get(),
            seen: stops.seen.get(),
        };
        writeln!(to, "{line}")?;
    }
    Ok(())
}

fn watched(index: u32, vcpu: u32, diary: &Diary) -> Watched {
    Watched {
        index,
        vcpu,
        waits: diary.waits.get(),
        overtaken: diary.overtaken.get(),
        longest_wait_ns: diary.wait.longest_ns.get(),
        longest_run: diary.longest_run.get(),
        lost_ns: diary.lost_ns.get(),
    }
}

/// The sum of something over all threads.
fn sum(instruments: &Instruments, of: impl Fn(&Diary) -> u64) -> u64 {
    instruments
        .diaries()
        .fold(0, |sum, diary| sum.saturating_add(of(diary)))
}

fn order(instruments: &Instruments) -> Order {
    let waits = sum(instruments, |diary| diary.waits.get());
    let overtaken = sum(instruments, |diary| diary.overtaken.get());
    Order {
        fifo: match overtaken {
            _ if !instruments.fifo || !instruments.tells || waits == 0 => OracleState::Untested,
            0 => OracleState::Held,
            _ => OracleState::Broken,
        },
        waits,
        overtaken,
        tolerance_ns: TOLERANCE_NS,
    }
}

/// Of the time for which threads had a vCPU, all together, that for which the vCPU ran.
fn granted(instruments: &Instruments, present_ns: u64) -> Granted {
    let lost_ns = sum(instruments, |diary| diary.lost_ns.get());
    Granted {
        cpu_ns: present_ns.saturating_sub(lost_ns),
        lost_ns,
    }
}

fn why(instruments: &Instruments, class: Class) -> Why {
    let of = |diary: &Diary, what: fn(&Blamed) -> u64| match class {
        Class::HolderPreempted => what(&diary.holder),
        Class::PredecessorPreempted => what(&diary.predecessor),
        Class::WaiterStolen => what(&diary.waiter),
        Class::Queueing => what(&diary.queue),
    };
    Why {
        class,
        count: sum(instruments, |diary| of(diary, |blamed| blamed.count.get())),
        ns: sum(instruments, |diary| of(diary, |blamed| blamed.ns.get())),
    }
}

fn times(of: Of, index: u32, vcpu: u32, diary: &Diary, to: &mut Text) -> Result {
    let LatencyHistogram {
        histogram,
        longest_ns,
    } = match of {
        Of::Wait => &diary.wait,
        Of::Hold => &diary.hold,
        Of::HandOff => &diary.handoff,
    };
    let head = Head {
        of,
        index,
        vcpu,
        count: histogram.total(),
        longest_ns: longest_ns.get(),
    };
    histogram::write(&head, histogram.buckets(), to)?;
    writeln!(to)
}
