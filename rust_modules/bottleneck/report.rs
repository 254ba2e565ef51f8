// SPDX-License-Identifier: GPL-2.0

//! Report of a run.

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    bottleneck::{
        CpuTime,
        Run as RunLine,
        Sum,
        Thread, //
    },
    histogram::{
        self,
        Head,
        Of, //
    },
    status::OracleState,
    SCHEMA, //
};
use rig::{
    lost_time_source,
    FinishedRun,
    Load,
    Text, //
};

use crate::{
    findings::AllFindings,
    run::Run,
    thread_stats::ThreadStats, //
};

/// Returns the size limit of a report of `threads` threads, most of it histogram buckets.
pub(crate) fn bytes(threads: u32) -> usize {
    (threads as usize).saturating_mul(4096).saturating_add(4096)
}

pub(crate) fn write<L: Load<Run = Run>>(ended: &FinishedRun<'_, L>, to: &mut Text) -> Result {
    let run = ended.run;
    let line = RunLine {
        schema: SCHEMA,
        run: ended.number,
    };
    writeln!(to, "{line}\nconfig {}", ended.config)?;
    let mut findings = AllFindings::new();
    run.workload
        .audit(&mut |name, seen, due| findings.add(name, seen, due));
    for stats in &run.stats {
        stats.errors.add_to(&mut findings);
    }
    writeln!(to, "{}", sum(run, &findings, ended.elapsed_ns))?;
    writeln!(to, "{}", cpu_time(run))?;
    for ((index, stats), place) in (0..).zip(&run.stats).zip(ended.placements) {
        let thread = Thread {
            index,
            vcpu: place.vcpu(),
            ops: stats.ops(),
            busy_ns: stats.busy_ns(),
            lost_ns: stats.lost_ns(),
            locks: stats.locks.get(),
            waits: stats.waits.get(),
            wait_ns: stats.wait_ns.get(),
            moved: place.moved(),
        };
        writeln!(to, "{thread}")?;
    }
    for finding in findings.iter() {
        writeln!(to, "{finding}")?;
    }
    let mut places = (0..).zip(&run.stats).zip(ended.placements);
    places.try_for_each(|((index, stats), place)| waits(index, place.vcpu(), stats, to))
}

fn sum(run: &Run, findings: &AllFindings, elapsed_ns: u64) -> Sum {
    let each = || run.stats.iter().map(|stats| stats.ops());
    let wrong = findings.wrong();
    Sum {
        elapsed_ns,
        case: run.config.case,
        variant: run.config.variant,
        lock: run.config.lock,
        threads: run.config.threads,
        ops: each().fold(0, u64::wrapping_add),
        min: each().min().unwrap_or(0),
        max: each().max().unwrap_or(0),
        wrong,
        // A single thread has no contention.
        verdict: match wrong {
            0 if each().filter(|&ops| ops > 0).count() < 2 => OracleState::Untested,
            0 => OracleState::Held,
            _ => OracleState::Broken,
        },
    }
}

fn cpu_time(run: &Run) -> CpuTime {
    let all = |of: fn(&ThreadStats) -> u64| run.stats.iter().map(move |stats| of(stats));
    let busy_ns = all(ThreadStats::busy_ns).fold(0, u64::saturating_add);
    let lost_ns = all(ThreadStats::lost_ns).fold(0, u64::saturating_add);
    CpuTime {
        cpu_ns: busy_ns.saturating_sub(lost_ns),
        lost_ns,
        lost_time: lost_time_source(),
    }
}

/// Writes the waits of a thread that took locks.
fn waits(index: u32, vcpu: u32, stats: &ThreadStats, to: &mut Text) -> Result {
    if stats.locks.get() == 0 {
        return Ok(());
    }
    let head = Head {
        of: Of::Wait,
        index,
        vcpu,
        count: stats.wait.histogram.total(),
        longest_ns: stats.wait.longest_ns.get(),
    };
    histogram::write(&head, stats.wait.histogram.buckets(), to)?;
    writeln!(to)
}
