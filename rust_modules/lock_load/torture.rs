// SPDX-License-Identifier: GPL-2.0

//! Torture options of a contention run, after `kernel/torture.c` and `kernel/locking/locktorture.c`.
//!
//! The control thread decides what is due; the threads act between two batches, while they hold
//! nothing. So no torture outlives the run, and the control thread never waits for a thread.
//! Options of how the lock is taken (trylock, interrupts off, nested) are with the
//! [lock](crate::lock).

mod boost;
mod fit;
mod hotplug;
mod injection;
mod long_hold;
mod periodic;
mod shuffle;
mod stutter;

use core::fmt;

use abi::lock_load::Torture as TortureCounts;

use self::{
    boost::{
        Boost,
        Boosted, //
    },
    hotplug::Hotplug,
    injection::Injection,
    long_hold::LongHold,
    periodic::Periodic,
    shuffle::Shuffle,
    stutter::Stutter, //
};
use crate::{
    lock::{
        Contender,
        LockUnderTest, //
    },
    prelude::*,
    thread_counts::ThreadCounts, //
};

/// The torture options of a run, and what they did.
pub(crate) struct Torture {
    stutter: Stutter,
    shuffle: Shuffle,
    hotplug: Hotplug,
    boost: Boost,
    long_hold: LongHold,
    injection: Option<Injection>,
}

/// State of one thread between batches.
#[derive(Default)]
pub(crate) struct TortureState {
    /// The shuffle that it has followed.
    generation: u32,
    boosted: Boosted,
}

impl Torture {
    /// Refuses options that do not work with the lock or on this machine.
    pub(crate) fn check(config: &Config, kick: Kick, limits: &Limits) -> Result<(), Refused> {
        fit::check(config, kick, limits)
    }

    /// Creates what `config` asks for.
    #[inline(never)]
    pub(crate) fn new(config: &Config) -> Result<KBox<Self>, Refused> {
        let torture = Self {
            stutter: Stutter::new(config),
            shuffle: Shuffle::new(config)?,
            hotplug: Hotplug::new(config),
            boost: Boost::new(config),
            long_hold: LongHold::new(config),
            injection: Injection::new(config)?,
        };
        Ok(KBox::new(torture, GFP_KERNEL)?)
    }

    /// The run begins at the stamp `now`.
    pub(crate) fn begin(&self, now: u64) {
        if let Some(injection) = &self.injection {
            injection.begin(now);
        }
    }

    /// Thread, between two batches: does what is due; returns how many sections it completed.
    pub(crate) fn step(
        &self,
        state: &mut TortureState,
        worker: &Worker<'_>,
        lock: &dyn LockUnderTest,
        thread: &Contender<'_>,
        counts: &[Padded<ThreadCounts>],
    ) -> u64 {
        worker.current_vcpu();
        self.shuffle.follow(&mut state.generation, worker);
        self.boost.step(&mut state.boosted, worker.index);
        self.stutter.pause(worker);
        let held = self.long_hold.step(lock, thread, worker.stop_flag);
        let injected = self.injection.as_ref().is_some_and(|injection| {
            injection.step(lock, thread, worker.index, counts, worker.stop_flag)
        });
        u64::from(held).wrapping_add(injected.into())
    }

    /// Control thread: decides what is due until the stop flag is raised, and leaves every vCPU online
    /// that was online before.
    pub(crate) fn control(&self, control: &Control<'_>) -> Result<(), Refused> {
        let mut shuffle = Periodic::new(self.shuffle.period_ns);
        let mut onoff = Periodic::new(self.hotplug.period_ns);
        let mut long_hold = Periodic::new(self.long_hold.period_ns);
        let mut boost = Periodic::new(self.boost.period_ns);
        self.shuffle.start(control.placements);
        let mut offline = None;
        loop {
            let next = [&shuffle, &onoff, &long_hold, &boost].map(Periodic::next_ns);
            let next = next.into_iter().fold(u64::MAX, u64::min);
            if next == u64::MAX || !control.sleep_until(next) {
                break;
            }
            let now = now_ns().saturating_sub(control.opened_ns());
            if shuffle.is_due(now) {
                self.shuffle.rotate();
            }
            if long_hold.is_due(now) {
                self.long_hold.request();
            }
            if boost.is_due(now) {
                self.boost.request(control.placements.len());
            }
            if onoff.is_due(now) {
                offline = match offline {
                    None => self.hotplug.take_one_offline(control.placements),
                    Some(vcpu) if self.hotplug.bring_back(vcpu) => {
                        self.shuffle.send_home();
                        None
                    }
                    failed => failed,
                };
            }
        }
        offline.map_or(Ok(()), |vcpu| self.hotplug.restore(vcpu))
    }

    /// Returns what was done; all threads have left.
    pub(crate) fn report(&self) -> TortureCounts {
        TortureCounts {
            pauses: self.stutter.pauses.load(Relaxed),
            paused_ns: self.stutter.paused_ns.load(Relaxed),
            shuffles: self.shuffle.rotations.load(Relaxed),
            offline: self.hotplug.offline.get(),
            refused: self.hotplug.refused.get(),
            long_holds: self.long_hold.count.load(Relaxed),
            boosts: self.boost.count.load(Relaxed),
        }
    }

    /// Writes the lines of injected preemptions, if any were asked for.
    pub(crate) fn write_injected(&self, to: &mut Text) -> fmt::Result {
        match &self.injection {
            Some(injection) => injection.write(to),
            None => Ok(()),
        }
    }
}

impl TortureState {
    /// The thread leaves the run.
    pub(crate) fn end(&mut self) {
        self.boosted.end();
    }
}
