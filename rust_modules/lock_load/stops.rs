// SPDX-License-Identifier: GPL-2.0

//! vCPUs stopped on purpose: the host is asked, at a time and at a place in the code.
//!
//! So that preemption of a lock's holder is caused, and not hoped for. The one who asks is in the
//! critical section, where it sees by its own clock whether and when it was stopped itself.

use abi::lock_load::{
    Config,
    Victim, //
};
use algo::primitive::{
    cpu_relax,
    stamp,
    Atomic,
    Relaxed, //
};
use kernel::prelude::*;
use rig::{
    can_inject_preemption,
    inject_preemption,
    Refused,
    StopFlag,
    TscScale, //
};

use crate::diary::Tally;

/// How long a stop may take to come.
const PATIENCE_NS: u64 = 500_000_000;

/// The stops of a run.
pub(crate) struct Stops {
    pub(crate) whom: Victim,
    ticks: TscScale,
    ms: u8,
    /// A stop lasts so long, and they begin so far apart, in ticks.
    length: u64,
    every: u64,
    /// When the next one is due; whoever moves it on asks for it.
    due: Atomic<u64>,
    threads: u32,
    /// How often was asked, and how often the stop was seen. One thread at a time writes them.
    pub(crate) asked: Tally,
    pub(crate) seen: Tally,
}

impl Stops {
    /// Makes what `config` asks for.
    pub(crate) fn new(config: &Config, ticks: Option<TscScale>) -> Result<Option<Self>, Refused> {
        let (whom, ms) = (config.preempt, config.preempt_ms);
        if whom == Victim::None {
            return Ok(None);
        }
        let Some(ticks) = ticks else {
            return Err(Refused::new(
                EINVAL,
                format_args!("`preempt={whom}`: nobody would see it; set histograms=on"),
            ));
        };
        if config.preempt_every_ms <= ms {
            return Err(Refused::new(
                ERANGE,
                format_args!(
                    "`preempt_every_ms={}`: one stop would last into the next; allowed: {}..=60000",
                    config.preempt_every_ms,
                    ms.saturating_add(1)
                ),
            ));
        }
        if !can_inject_preemption() {
            return Err(Refused::new(
                ENODEV,
                format_args!(
                    "`preempt={whom}`: no host listens on port 0xe9; start the guest with: \
                     vm run --preempt {whom}"
                ),
            ));
        }
        let of_ms = |ms: u32| ticks.of_ns(u64::from(ms).saturating_mul(1_000_000));
        Ok(Some(Self {
            whom,
            ticks,
            ms: u8::try_from(ms).unwrap_or(u8::MAX),
            length: of_ms(ms),
            every: of_ms(config.preempt_every_ms),
            due: Atomic::new(u64::MAX),
            threads: config.threads,
            asked: Tally::new(),
            seen: Tally::new(),
        }))
    }

    /// The run has begun.
    pub(crate) fn begin(&self) {
        self.due.store(stamp().saturating_add(self.every), Relaxed);
    }

    /// Whether the caller is to ask for a stop now; one thread is told so.
    pub(crate) fn is_due(&self) -> bool {
        let (due, now) = (self.due.load(Relaxed), stamp());
        let next = now.saturating_add(self.every);
        now >= due && self.due.cmpxchg(due, next, Relaxed).is_ok()
    }

    /// What thread `index` on `vcpu` does in its section: asks, and stays until it has seen the
    /// stop, or until the one that waits must have been stopped. Returns the gap that it saw.
    ///
    /// `vcpu_of` tells where a thread is.
    pub(crate) fn ask(
        &self,
        index: u32,
        vcpu_of: impl Fn(u32) -> Option<u32>,
        stop_flag: &StopFlag,
    ) -> Option<(u64, u64)> {
        let victim = match self.whom {
            Victim::Holder => index,
            // All others wait by then, or are not running.
            Victim::Waiter => self.other_than(index),
            _ => self.any(),
        };
        let vcpu = u8::try_from(vcpu_of(victim)?).ok()?;
        let mine = victim == index;
        if self.whom == Victim::Waiter {
            self.watch(stamp(), self.length / 8, u64::MAX, stop_flag);
        }
        self.asked.add(1);
        // Where the host is slow to leave the port, the stop comes while it is there.
        let asked = stamp();
        inject_preemption(vcpu, self.ms);
        let stay = match self.whom {
            Victim::Holder => self.ticks.of_ns(PATIENCE_NS),
            Victim::Waiter => self.length / 4,
            _ => 0,
        };
        let enough = if mine { self.length / 2 } else { u64::MAX };
        let gap = self.watch(asked, stay, enough, stop_flag);
        if gap.is_some() {
            self.seen.add(1);
        }
        gap
    }

    /// Watches the clock, last seen at `from`, until so many ticks have passed since, or until it
    /// finds a gap as long as `gap`.
    fn watch(&self, from: u64, ticks: u64, gap: u64, stop_flag: &StopFlag) -> Option<(u64, u64)> {
        let mut last = from;
        loop {
            let now = stamp();
            if now.saturating_sub(last) >= gap {
                return Some((last, now));
            }
            if now.saturating_sub(from) >= ticks || stop_flag.is_raised() {
                return None;
            }
            last = now;
            cpu_relax();
        }
    }

    fn other_than(&self, index: u32) -> u32 {
        let others = u64::from(self.threads).saturating_sub(1);
        let step = drawn().checked_rem(others).unwrap_or(0) as u32;
        let other = index.saturating_add(1).saturating_add(step);
        other.checked_rem(self.threads).unwrap_or(0)
    }

    fn any(&self) -> u32 {
        drawn().checked_rem(u64::from(self.threads)).unwrap_or(0) as u32
    }
}

/// A number that nobody foresees: what the clock shows, stirred.
fn drawn() -> u64 {
    stamp().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}
