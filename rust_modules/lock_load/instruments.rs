// SPDX-License-Identifier: GPL-2.0

//! What looks on while threads contend: their diaries, the lock's ledger, and what counts as long.

use core::num::NonZeroU64;

use abi::lock_load::{
    Config,
    Evidence,
    Switch, //
};
use algo::{
    preemption_log::{
        Loss, //
        PreemptionLog,
    },
    primitive::{
        stamp,
        Atomic,
        Relaxed, //
    },
    ContentionFlag,
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    has_steal_clock,
    Padded,
    Refused,
    TscScale, //
};

use crate::{
    diary::Diary,
    observer::Observer, //
};

/// By how much the clocks of two vCPUs may disagree, and an instruction that reads one overtake
/// others.
pub(crate) const TOLERANCE_NS: u64 = 1000;

/// Timing every section costs too much of short ones. As many as this, at most, are let pass until
/// one is timed, which stands for all of them, if nobody has to wait meanwhile.
const ONE_IN: u64 = 256;

/// And they take no longer than this, with their pauses, nor than a quarter of a long wait, so that
/// what made one long does not hide among them.
const UNSEEN_NS: u64 = 200_000;

/// A gap of this is a loss whatever the steal clock says. To KVM a vCPU was robbed of its time if it
/// could have run, not if its thread was stopped, frozen or had left for the host's own business;
/// and no interrupt of the guest's takes so long.
const CERTAIN_NS: u64 = 5_000_000;

/// Losses that the ledger remembers, for each thread: its own, and those of the hand-offs to it.
const LOSSES: usize = 8;

/// What looks on.
pub(crate) struct Instruments {
    pub(crate) ticks: TscScale,
    /// A wait of so many ticks is long.
    pub(crate) long: u64,
    /// So many ticks do not pass on a running vCPU between two steps that follow each other.
    pub(crate) gap: u64,
    /// See [`CERTAIN_NS`], and [`TOLERANCE_NS`].
    pub(crate) certain: u64,
    pub(crate) tolerance: u64,
    /// How long a section takes, and how long it cannot take on a running vCPU.
    pub(crate) hold: u64,
    pub(crate) most: u64,
    /// The same of what is between two looks at the clock, pauses and sections that are not timed.
    pub(crate) between: u64,
    pub(crate) away: u64,
    /// Whether the lock promises to serve in order of arrival.
    pub(crate) fifo: bool,
    /// Whether the lock tells when a thread has its place in line.
    pub(crate) tells: bool,
    pub(crate) preemption_log: Padded<PreemptionLog<KVVec<Loss>>>,
    /// Who had the lock last, and how many wait for it.
    pub(crate) bell: Padded<ContentionFlag>,
    /// One in so many of the sections that did not wait, and that nobody waits for, is timed.
    pub(crate) one_in: u32,
    /// When the run began; who waited before that waited for the line-up.
    began: Atomic<u64>,
    diaries: KVVec<Padded<Diary>>,
}

impl Instruments {
    /// Makes what `config` asks for, of a lock that serves in order (`fifo`) and reports contention
    /// (`tells`).
    pub(crate) fn new(config: &Config, fifo: bool, tells: bool) -> Result<Option<Self>, Refused> {
        if config.histograms == Switch::Off {
            return Ok(None);
        }
        let threads = config.threads as usize;
        let mut diaries = KVVec::with_capacity(threads, GFP_KERNEL)?;
        let mut losses = KVVec::new();
        for _ in 0..threads {
            diaries.push(Padded(Diary::new()?), GFP_KERNEL)?;
            for _ in 0..LOSSES {
                losses.push(Loss::new(), GFP_KERNEL)?;
            }
        }
        let ticks = TscScale::new()?;
        let long = ticks.of_ns(u64::from(config.long_us).saturating_mul(1000));
        let (hold, gap) = (ticks.of_ns(config.hold_ns.into()), long / 4);
        let cycle = hold.saturating_add(ticks.of_ns(config.idle_ns.into()));
        let unseen = UNSEEN_NS.min(ticks.ns(gap));
        let fit = unseen.checked_div(ticks.ns(cycle)).unwrap_or(ONE_IN);
        let one_in = NonZeroU64::new(fit.min(ONE_IN)).map_or(1, NonZeroU64::get);
        let between = cycle.saturating_mul(one_in);
        Ok(Some(Self {
            ticks,
            long,
            gap,
            certain: ticks.of_ns(CERTAIN_NS),
            tolerance: ticks.of_ns(TOLERANCE_NS),
            hold,
            most: hold.saturating_mul(2).saturating_add(gap),
            between,
            away: between.saturating_mul(2).saturating_add(gap),
            one_in: one_in as u32,
            bell: Padded(ContentionFlag::new()),
            fifo,
            tells,
            preemption_log: Padded(PreemptionLog::new(losses)),
            began: Atomic::new(0),
            diaries,
        }))
    }

    /// Returns who looks on at thread `index`, which is `me`, and turns on the clock of that.
    pub(crate) fn observer(&self, index: u32, me: &Waiter) -> Option<Observer<'_>> {
        let diary = self.diaries.get(index as usize)?;
        me.wait_clock.enable(self.gap);
        Some(Observer::new(self, diary, index))
    }

    /// Says that the run begins: the last step of the section for which all have lined up.
    pub(crate) fn begin(&self) {
        let now = stamp();
        self.began.store(now, Relaxed);
        self.preemption_log.leave(0, now);
    }

    /// Returns when that was; whoever has had the lock since then sees it.
    pub(crate) fn began(&self) -> u64 {
        self.began.load(Relaxed)
    }

    /// What was seen of the threads, in their order.
    pub(crate) fn diaries(&self) -> impl Iterator<Item = &Diary> {
        self.diaries.iter().map(|diary| &**diary)
    }
}

/// Returns what tells here that a vCPU did not run.
pub(crate) fn evidence() -> Evidence {
    match has_steal_clock() {
        true => Evidence::Steal,
        false => Evidence::Gaps,
    }
}
