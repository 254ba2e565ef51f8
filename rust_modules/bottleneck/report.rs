// SPDX-License-Identifier: GPL-2.0

//! What a run came to.

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    bottleneck::{
        Granted,
        Run as RunLine,
        Sum,
        Thread, //
    },
    histogram::{
        self,
        Head,
        Of, //
    },
    lock_load::Evidence,
    status::OracleState,
    SCHEMA, //
};
use rig::{
    has_steal_clock,
    FinishedRun,
    Text, //
};

use crate::{
    findings::Findings,
    part::Part,
    run::Run,
    Bottleneck, //
};

/// Bytes that the report of so many threads may have, most of them buckets.
pub(crate) fn bytes(threads: u32) -> usize {
    (threads as usize).saturating_mul(4096).saturating_add(4096)
}

pub(crate) fn write(ended: &FinishedRun<'_, Bottleneck>, to: &mut Text) -> Result {
    let run = ended.run;
    let line = RunLine {
        schema: SCHEMA,
        run: ended.number,
    };
    writeln!(to, "{line}\nconfig {}", ended.config)?;
    let mut findings = Findings::new();
    run.case.settle(&mut findings);
    for part in &run.parts {
        part.found.tell(&mut findings);
    }
    writeln!(to, "{}", sum(run, &findings, ended.elapsed_ns))?;
    writeln!(to, "{}", granted(run))?;
    for ((index, part), place) in (0..).zip(&run.parts).zip(ended.placements) {
        let thread = Thread {
            index,
            vcpu: place.vcpu(),
            ops: part.ops(),
            busy_ns: part.busy_ns(),
            lost_ns: part.lost_ns(),
            locks: part.locks.get(),
            waits: part.waits.get(),
            wait_ns: part.wait_ns.get(),
            moved: place.moved(),
        };
        writeln!(to, "{thread}")?;
    }
    for finding in findings.iter() {
        writeln!(to, "{finding}")?;
    }
    let mut places = (0..).zip(&run.parts).zip(ended.placements);
    places.try_for_each(|((index, part), place)| waits(index, place.vcpu(), part, to))
}

fn sum(run: &Run, findings: &Findings, elapsed_ns: u64) -> Sum {
    let each = || run.parts.iter().map(|part| part.ops());
    let wrong = findings.wrongs();
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
        // One thread alone has nobody to disturb it.
        verdict: match wrong {
            0 if each().filter(|&ops| ops > 0).count() < 2 => OracleState::Untested,
            0 => OracleState::Held,
            _ => OracleState::Broken,
        },
    }
}

fn granted(run: &Run) -> Granted {
    let all = |of: fn(&Part) -> u64| run.parts.iter().map(move |part| of(part));
    let busy_ns = all(Part::busy_ns).fold(0, u64::saturating_add);
    let lost_ns = all(Part::lost_ns).fold(0, u64::saturating_add);
    Granted {
        cpu_ns: busy_ns.saturating_sub(lost_ns),
        lost_ns,
        evidence: match has_steal_clock() {
            true => Evidence::Steal,
            false => Evidence::Gaps,
        },
    }
}

/// The waits of a thread that took locks.
fn waits(index: u32, vcpu: u32, part: &Part, to: &mut Text) -> Result {
    if part.locks.get() == 0 {
        return Ok(());
    }
    let head = Head {
        of: Of::Wait,
        index,
        vcpu,
        count: part.wait.histogram.total(),
        longest_ns: part.wait.longest_ns.get(),
    };
    histogram::write(&head, part.wait.histogram.buckets(), to)?;
    writeln!(to)
}
