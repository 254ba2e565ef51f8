// SPDX-License-Identifier: GPL-2.0

//! What a run came to.

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
        Run,
        Speed,
        Sum,
        Switch,
        Thread, //
    },
    status::OracleState,
    SCHEMA, //
};
use algo::primitive::Relaxed;
use rig::{
    possible_vcpus,
    BurstTotals,
    FinishedRun,
    Text, //
};

use crate::{
    audit::Book,
    bout::{
        Bout,
        Kind,
        Outcome, //
    },
    control::Happened,
    race::Race,
    SloppyCounter, //
};

pub(crate) fn write(ended: &FinishedRun<'_, SloppyCounter>, to: &mut Text) -> Result {
    let run = Run {
        schema: SCHEMA,
        run: ended.number,
    };
    writeln!(to, "{run}\nconfig {}", ended.config)?;
    let elapsed_ns = ended.elapsed_ns;
    match &ended.run.kind {
        Kind::Adds(race) => adds(race, &ended.run.happened, elapsed_ns, to)?,
        Kind::Refs(run) => other(run.outcome(elapsed_ns), to)?,
        Kind::Ids(run) => other(run.outcome(elapsed_ns), to)?,
        Kind::Limit(run) => other(run.outcome(elapsed_ns), to)?,
        Kind::Many(run) => other(run.outcome(elapsed_ns), to)?,
    }
    for (index, place) in (0..).zip(ended.placements) {
        let thread = Thread {
            index,
            vcpu: place.vcpu(),
            adds: ended.run.kind.adds(index as usize),
            moved: place.moved(),
        };
        writeln!(to, "{thread}")?;
    }
    Ok(())
}

fn other(outcome: Outcome, to: &mut Text) -> Result {
    writeln!(to, "{}", outcome.sum)?;
    outcome
        .check
        .map_or(Ok(()), |check| writeln!(to, "{check}"))
}

/// How things stand in a run under way.
pub(crate) fn now(run: &Bout, to: &mut Text) -> Result {
    let Kind::Adds(race) = &run.kind else {
        return Ok(());
    };
    let counter = race.counter();
    let most = |of: fn(&Book) -> u64| race.audit.books().map(of).max().unwrap_or(0);
    let all = |of: fn(&Book) -> u64| race.audit.books().map(of).fold(0, u64::wrapping_add);
    let now = Now {
        read: counter.read(),
        bound: counter.bound(),
        sum: counter.peek(),
        threshold: race.threshold.load(Relaxed),
        samples: all(|book| book.samples.get()),
        broken: all(|book| book.broken.get()),
        worst: most(|book| book.worst.get()),
    };
    writeln!(to, "{now}")?;
    lanes(race, to)
}

fn adds(race: &Race, happened: &Happened, elapsed_ns: u64, to: &mut Text) -> Result {
    writeln!(to, "{}", sum(race, elapsed_ns))?;
    writeln!(to, "{}", speed(race))?;
    if race.config.audit == Switch::On {
        writeln!(to, "{}", audit(race, happened))?;
    }
    let (bytes, per_vcpu) = race.counter().bytes();
    let memory = Memory {
        bytes: bytes as u64,
        per_vcpu: per_vcpu as u64,
        vcpus: possible_vcpus(),
        kernel_bytes: rig::PercpuCounter::BYTES as u64,
        kernel_per_vcpu: rig::PercpuCounter::PER_VCPU as u64,
    };
    writeln!(to, "{memory}")?;
    if race.config.audit == Switch::On {
        buckets(race, Of::Error, to)?;
        buckets(race, Of::Stale, to)?;
    }
    lanes(race, to)
}

fn lanes(race: &Race, to: &mut Text) -> Result {
    (0..possible_vcpus()).try_for_each(|vcpu| {
        let held = race.counter().held(vcpu);
        writeln!(to, "{}", Lane { vcpu, held })
    })
}

fn sum(race: &Race, elapsed_ns: u64) -> Sum {
    let made = || race.parts.iter().map(|part| part.adds.made.get());
    let (adds, counter) = (made().fold(0, u64::wrapping_add), race.counter());
    let nothing = race.config.counter == Name::Empty;
    let truth = match nothing || counter.refs() {
        true => 0,
        false => adds.wrapping_add(race.audit.interrupts()) as i64,
    };
    // The cheap read first: an exact sum might fold what it finds.
    let (read, bound) = (counter.read(), counter.bound());
    let sum = counter.sum();
    let broken = race.audit.books().any(|book| book.broken.get() > 0);
    Sum {
        elapsed_ns,
        adds,
        truth,
        sum,
        read,
        bound,
        total: match sum == truth && read.abs_diff(truth) <= bound && !broken {
            _ if nothing => OracleState::Untested,
            false => OracleState::Broken,
            true if made().filter(|&n| n > 0).count() < 2 => OracleState::Untested,
            true => OracleState::Held,
        },
    }
}

fn speed(race: &Race) -> Speed {
    let adds = BurstTotals::of(race.parts.iter().map(|part| &part.adds));
    let reads = BurstTotals::of(race.parts.iter().map(|part| &part.reads));
    let stolen = race.parts.iter().map(|part| part.steal_ns.get());
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

fn audit(race: &Race, happened: &Happened) -> Audit {
    let most = |of: fn(&Book) -> u64| race.audit.books().map(of).max().unwrap_or(0);
    let all = |of: fn(&Book) -> u64| race.audit.books().map(of).fold(0, u64::wrapping_add);
    Audit {
        samples: all(|book| book.samples.get()),
        broken: all(|book| book.broken.get()),
        worst: most(|book| book.worst.get()),
        bound: most(|book| book.bound.get()),
        of_bound: most(|book| book.of_bound.get()),
        stale_ns: most(|book| book.stale_ns.get()),
        folds: happened.folds.get(),
        changes: happened.changes.get(),
        deaths: happened.deaths.get(),
        interrupts: race.audit.interrupts(),
    }
}

/// The buckets of all threads added up: each one's smallest that is left, time and again.
fn buckets(race: &Race, of: Of, to: &mut Text) -> Result {
    let each = |book: &Book, least: u64, visit: &mut dyn FnMut(u64, u64)| {
        let histogram = match of {
            Of::Error => &book.errors,
            Of::Stale => &book.ages,
        };
        let left = histogram.buckets().filter(|&(from, _)| from >= least);
        left.for_each(|(from, count)| visit(from, count));
    };
    let mut least = 0;
    loop {
        let (mut from, mut sum) = (u64::MAX, 0u64);
        for book in race.audit.books() {
            each(book, least, &mut |low, count| {
                if low < from {
                    (from, sum) = (low, 0);
                }
                if low == from {
                    sum = sum.wrapping_add(count);
                }
            });
        }
        if from == u64::MAX {
            return Ok(());
        }
        let bucket = Bucket {
            of,
            from,
            count: sum,
        };
        writeln!(to, "{bucket}")?;
        least = from.saturating_add(1);
    }
}
