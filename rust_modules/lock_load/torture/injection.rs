// SPDX-License-Identifier: GPL-2.0

//! Injected preemption: the host stops a vCPU, at a time and a place in the code; `preempt`.
//!
//! The thread that requests a stop is in its critical section. It sees by its own clock whether
//! and when it was stopped itself.

use core::fmt::{
    self,
    Write, //
};

use abi::lock_load::{
    Injected,
    Injection as Request,
    Victim,
    MAX_PREEMPT_EVERY_MS, //
};
use algo::Gap;
use measure::{
    Thresholds,
    TscScale, //
};
use rig::{
    can_inject_preemption,
    filled,
    inject_preemption,
    tsc_scale, //
};

use super::periodic::ns;
use crate::{
    lock::{
        Contender,
        LockUnderTest, //
    },
    prelude::*,
    thread_counts::ThreadCounts,
    weak_random::weak_random_below, //
};

/// Requests that are logged, the first of a run.
const LOGGED: usize = 64;

/// How long a requested stop may take to come.
const STOP_TIMEOUT_NS: u64 = 500_000_000;

/// The injected preemptions of one run.
pub(super) struct Injection {
    victim: Victim,
    threads: u32,
    /// Length of a stop, as the host is given it: a byte.
    ms: u8,
    /// Length of a stop, distance of their beginnings and [`STOP_TIMEOUT_NS`], in ticks.
    length: u64,
    period: u64,
    timeout: u64,
    /// A longer time between two readings of the clock is a gap, in ticks.
    gap: u64,
    tsc: TscScale,
    /// When the run began.
    began: Atomic<u64>,
    /// When the next one is due; the thread that moves this on requests it.
    due: Atomic<u64>,
    /// Stops that were requested, and those that the requesting thread saw in its own section. One
    /// thread at a time writes them: it holds the lock.
    requested: SingleWriter,
    seen: SingleWriter,
    log: KVVec<LoggedRequest>,
}

/// A request: the vCPU to be stopped, and stamps of the request and of the end of the section.
#[derive(Default)]
struct LoggedRequest {
    vcpu: SingleWriter,
    at: SingleWriter,
    left: SingleWriter,
}

impl Injection {
    /// Creates what `config` asks for.
    pub(super) fn new(config: &Config) -> Result<Option<Self>, Refused> {
        let (victim, ms, every_ms) = (config.preempt, config.preempt_ms, config.preempt_every_ms);
        if victim == Victim::None {
            return Ok(None);
        }
        if every_ms <= ms {
            return Err(Refused::new(
                ERANGE,
                format_args!(
                    "`preempt_every_ms={every_ms}`: one stop of {ms} ms would last into the next; \
                     allowed: {}..={MAX_PREEMPT_EVERY_MS}",
                    ms.saturating_add(1)
                ),
            ));
        }
        if !can_inject_preemption() {
            return Err(Refused::new(
                ENODEV,
                format_args!(
                    "`preempt={victim}`: the host does not listen on port 0xe9. \
                     Try: vm run --preempt {victim}"
                ),
            ));
        }
        let Thresholds { tsc, gap, .. } = Thresholds::new(config, tsc_scale()?);
        Ok(Some(Self {
            victim,
            threads: config.threads,
            ms: u8::try_from(ms).unwrap_or(u8::MAX),
            length: tsc.of_ns(ns(ms)),
            period: tsc.of_ns(ns(every_ms)),
            timeout: tsc.of_ns(STOP_TIMEOUT_NS),
            gap,
            tsc,
            began: Atomic::new(0),
            due: Atomic::new(u64::MAX),
            requested: SingleWriter::default(),
            seen: SingleWriter::default(),
            log: filled(LOGGED, || Ok(LoggedRequest::default()))?,
        }))
    }

    /// The run begins at `now`.
    pub(super) fn begin(&self, now: u64) {
        self.began.store(now, Relaxed);
        self.due.store(now.saturating_add(self.period), Relaxed);
    }

    /// Thread: requests a stop from within a section if one is due; returns whether it did.
    pub(super) fn step(
        &self,
        lock: &dyn LockUnderTest,
        thread: &Contender<'_>,
        index: u32,
        counts: &[Padded<ThreadCounts>],
        stop_flag: &StopFlag,
    ) -> bool {
        let (due, now) = (self.due.load(Relaxed), stamp());
        let next = now.saturating_add(self.period);
        // Relaxed: one thread moves it on, and nothing else is handed over.
        if now < due || self.due.cmpxchg(due, next, Relaxed).is_err() {
            return false;
        }
        lock.hold_during(thread, &|| {
            self.inject(thread, index, counts, stop_flag);
        });
        true
    }

    /// Thread `index`, in its section: requests a stop and stays until it has seen it, or until the
    /// stop of another thread must have come. Returns nothing if it requested none.
    fn inject(
        &self,
        thread: &Contender<'_>,
        index: u32,
        counts: &[Padded<ThreadCounts>],
        stop_flag: &StopFlag,
    ) -> Option<()> {
        let entered = stamp();
        let victim = match self.victim {
            Victim::Holder => index,
            // By then all others wait, or are not running.
            Victim::Waiter => self.other_than(index),
            _ => weak_random_below(self.threads as usize) as u32,
        };
        let vcpu = u8::try_from(counts.get(victim as usize)?.vcpu()).ok()?;
        let watch = |from, ticks, least| {
            let saw = |gap: &Gap| self.record(thread, entered, gap, least);
            watch(from, ticks, stop_flag, saw)
        };
        if self.victim == Victim::Waiter {
            watch(entered, self.length / 8, u64::MAX);
        }
        let logged = self.log.get(self.requested.get() as usize);
        self.requested.add(1);
        // Where the host is slow to leave the port, the stop comes while it is there.
        let from = stamp();
        inject_preemption(vcpu, self.ms);
        let stay = match self.victim {
            Victim::Holder => self.timeout,
            Victim::Waiter => self.length / 4,
            _ => 0,
        };
        let least = match victim == index {
            true => self.length / 2,
            false => u64::MAX,
        };
        if watch(from, stay, least) {
            self.seen.add(1);
        }
        let logged = logged?;
        logged.vcpu.set(vcpu.into());
        logged.at.set(from);
        logged.left.set(stamp());
        Some(())
    }

    /// Records a gap that the thread saw in its section, if it is one; returns whether it is as long as
    /// the requested stop at `least`.
    fn record(&self, thread: &Contender<'_>, entered: u64, gap: &Gap, least: u64) -> bool {
        let is_stop = gap.length() >= least;
        match &thread.sampler {
            Some(sampler) if is_stop => sampler.add_stop(entered, gap),
            Some(sampler) if gap.length() > self.gap => sampler.add_gap(entered, gap),
            _ => {}
        }
        is_stop
    }

    fn other_than(&self, index: u32) -> u32 {
        let others = (self.threads as usize).saturating_sub(1);
        let other = index
            .saturating_add(1)
            .saturating_add(weak_random_below(others) as u32);
        other.checked_rem(self.threads).unwrap_or(0)
    }

    /// Writes how many there were, and the log.
    pub(super) fn write(&self, to: &mut Text) -> fmt::Result {
        let (requested, began) = (self.requested.get(), self.began.load(Relaxed));
        let injected = Injected {
            victim: self.victim,
            requested,
            seen: self.seen.get(),
        };
        writeln!(to, "{injected}")?;
        let clock_ns = |stamp: u64| self.tsc.clock_ns(stamp.saturating_sub(began));
        let mut logged = self.log.iter().take(requested as usize);
        logged.try_for_each(|logged| {
            let request = Request {
                vcpu: logged.vcpu.get() as u32,
                at_ns: clock_ns(logged.at.get()),
                left_ns: clock_ns(logged.left.get()),
            };
            writeln!(to, "{request}")
        })
    }
}

/// Reads the clock, last read at `from`, until so many `ticks` have passed, or until the time between
/// two readings is what was waited for; returns whether it was.
fn watch(from: u64, ticks: u64, stop_flag: &StopFlag, is_it: impl Fn(&Gap) -> bool) -> bool {
    let mut last = from;
    loop {
        let now = stamp();
        let between = Gap {
            from: last,
            until: now,
        };
        if is_it(&between) {
            return true;
        }
        if now.saturating_sub(from) >= ticks || stop_flag.is_raised() {
            return false;
        }
        last = now;
        cpu_relax();
    }
}
