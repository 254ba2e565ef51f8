// SPDX-License-Identifier: GPL-2.0

//! What makes a run hard, as `kernel/torture.c` and `kernel/locking/locktorture.c` do: threads
//! that pause together, move, lose their vCPU, hold for long, or are real-time for a while.
//!
//! The conductor of the run says what is due, and the threads do it themselves between two
//! batches, holding nothing. So nothing outlives the run, and nothing waits for a thread.

mod control;
mod dice;
mod fit;
mod levels;
mod rough;

use abi::lock_load::{
    Acquire,
    Config,
    Disturbed,
    Irqs, //
};
use algo::primitive::{
    cpu_relax,
    Atomic,
    Relaxed, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};
use rig::{
    now_ns,
    set_fifo,
    set_lowest_priority,
    sleep_until_stop,
    Padded,
    Preempt,
    Refused,
    Worker, //
};

pub(crate) use self::{
    fit::fit,
    levels::Levels,
    rough::{
        How,
        Rough, //
    }, //
};
use crate::{
    arena::{
        Arena,
        Mate, //
    },
    table::Entry, //
};

/// The longest time for which a thread is real-time: others wait for its vCPU.
const URGENT_NS: u64 = 10_000_000;

/// What is to disturb a run, and what of it was done.
pub(crate) struct Disturb {
    stutter_ns: u64,
    shuffle_ns: u64,
    onoff_ns: u64,
    long_hold_ns: u64,
    long_hold_every_ns: u64,
    boost_ns: u64,
    /// How the lock is taken, and in which others, if that is out of the ordinary.
    rough: Option<(How, Arc<Levels>)>,
    /// Whether the lock wants preemption to be on.
    sleeps: bool,
    /// The vCPU that each thread is to go to, as of `turn`.
    homes: KVVec<Atomic<u32>>,
    /// Counts the changes of `homes`, and of what is online.
    turn: Padded<Atomic<u32>>,
    /// The next thread to come by is to hold for long.
    long: Padded<Atomic<bool>>,
    /// One more than the thread that is to be real-time; 0 for none.
    urgent: Padded<Atomic<u32>>,
    done: Padded<Done>,
}

/// How often what was done. All of it is rare, so all threads count on one line.
struct Done {
    pauses: Atomic<u64>,
    paused_ns: Atomic<u64>,
    shuffles: Atomic<u64>,
    offline: Atomic<u64>,
    refused: Atomic<u64>,
    long_holds: Atomic<u64>,
    boosts: Atomic<u64>,
}

/// What a thread remembers from one batch to the next.
#[derive(Default)]
pub(crate) struct Mine {
    turn: u32,
    /// Until when it is real-time; 0 if it is not.
    urgent_until: u64,
}

impl Disturb {
    pub(crate) fn new(config: &Config, sleeps: bool) -> Result<Self, Refused> {
        let ns = |ms: u32| u64::from(ms).saturating_mul(1_000_000);
        let mut homes = KVVec::with_capacity(config.threads as usize, GFP_KERNEL)?;
        for _ in 0..config.threads {
            homes.push(Atomic::new(0), GFP_KERNEL)?;
        }
        Ok(Self {
            stutter_ns: ns(config.stutter_ms),
            shuffle_ns: ns(config.shuffle_ms),
            onoff_ns: ns(config.onoff_ms),
            long_hold_ns: ns(config.long_hold_ms),
            long_hold_every_ns: match config.long_hold_ms {
                0 => 0,
                _ => ns(config.long_hold_every_ms),
            },
            boost_ns: ns(config.boost_ms),
            rough: rough(config)?,
            sleeps,
            homes,
            turn: Padded(Atomic::new(0)),
            long: Padded(Atomic::new(false)),
            urgent: Padded(Atomic::new(0)),
            done: Padded(Done::new()),
        })
    }

    /// Makes the arena of a lock, or that of the lock taken the hard way.
    pub(crate) fn arena(&self, entry: &Entry) -> Result<KBox<dyn Arena>> {
        match &self.rough {
            None => (entry.make)(),
            Some((how, levels)) => (entry.make_rough)(*how, levels),
        }
    }

    /// Returns how many updates behind outer locks were lost or torn; all threads have left.
    pub(crate) fn lost(&self) -> u64 {
        self.rough.as_ref().map_or(0, |(_, levels)| levels.lost())
    }

    /// Returns whether a lock that serves in order of arrival still does: not if its threads do
    /// not line up, or come through others first.
    pub(crate) fn keeps_order(&self) -> bool {
        let rough = self.rough.as_ref();
        rough.is_none_or(|(how, levels)| !how.tries && levels.len() == 0)
    }

    /// For how long threads paused, all together; all have left.
    pub(crate) fn paused_ns(&self) -> u64 {
        self.done.paused_ns.load(Relaxed)
    }

    /// What a thread does between two batches; returns how many sections it completed.
    pub(crate) fn between(
        &self,
        mine: &mut Mine,
        worker: &Worker<'_>,
        arena: &dyn Arena,
        mate: &Mate<'_>,
    ) -> u64 {
        worker.current_vcpu();
        self.go_home(mine, worker);
        self.hurry(mine, worker);
        self.pause(worker);
        self.hold_long(worker, arena, mate)
    }

    /// What a thread does after its last batch.
    pub(crate) fn end(&self, mine: &mut Mine) {
        if mine.urgent_until != 0 {
            mine.urgent_until = 0;
            set_lowest_priority();
        }
    }

    /// Goes to where it belongs if that has changed. Where it cannot go it stays away.
    fn go_home(&self, mine: &mut Mine, worker: &Worker<'_>) {
        // Nothing but the homes is handed over, and any of them will do.
        let turn = self.turn.load(Relaxed);
        if turn == mine.turn {
            return;
        }
        mine.turn = turn;
        if let Some(home) = self.homes.get(worker.index as usize) {
            worker.move_to(home.load(Relaxed));
            worker.current_vcpu();
        }
    }

    /// Becomes real-time if it is its turn, and stops being so in time.
    fn hurry(&self, mine: &mut Mine, worker: &Worker<'_>) {
        let me = worker.index.wrapping_add(1);
        if mine.urgent_until != 0 {
            if now_ns() >= mine.urgent_until {
                mine.urgent_until = 0;
                set_lowest_priority();
            }
        } else if self.urgent.load(Relaxed) == me && self.urgent.cmpxchg(me, 0, Relaxed).is_ok() {
            mine.urgent_until = now_ns().saturating_add(URGENT_NS.min(self.boost_ns / 2));
            self.done.boosts.add(1, Relaxed);
            set_fifo();
        }
    }

    /// Sleeps through every second `stutter_ns` of the run, as all do.
    fn pause(&self, worker: &Worker<'_>) {
        let (now, opened) = (now_ns(), worker.opened_ns());
        let Some(phase) = now.saturating_sub(opened).checked_div(self.stutter_ns) else {
            return;
        };
        if phase % 2 == 0 {
            return;
        }
        let end = phase.wrapping_add(1).saturating_mul(self.stutter_ns);
        sleep_until_stop(opened.saturating_add(end), worker.stop_flag);
        self.done.pauses.add(1, Relaxed);
        let slept = now_ns().saturating_sub(now);
        self.done.paused_ns.add(slept, Relaxed);
    }

    /// Holds the lock for long if that is due.
    fn hold_long(&self, worker: &Worker<'_>, arena: &dyn Arena, mate: &Mate<'_>) -> u64 {
        if !self.long.load(Relaxed) || self.long.cmpxchg(true, false, Relaxed).is_err() {
            return 0;
        }
        let here = (!self.sleeps).then(Preempt::new);
        arena.stay(mate, &|| {
            let until = now_ns().saturating_add(self.long_hold_ns);
            while now_ns() < until && !worker.stop_flag.is_raised() {
                cpu_relax();
            }
            None
        });
        drop(here);
        self.done.long_holds.add(1, Relaxed);
        1
    }

    /// Returns what was done; all threads have left.
    pub(crate) fn disturbed(&self) -> Disturbed {
        let done = &*self.done;
        Disturbed {
            pauses: done.pauses.load(Relaxed),
            paused_ns: done.paused_ns.load(Relaxed),
            shuffles: done.shuffles.load(Relaxed),
            offline: done.offline.load(Relaxed),
            refused: done.refused.load(Relaxed),
            long_holds: done.long_holds.load(Relaxed),
            boosts: done.boosts.load(Relaxed),
        }
    }
}

/// Returns how the lock is to be taken, and in which others; none if in no special way.
fn rough(config: &Config) -> Result<Option<(How, Arc<Levels>)>> {
    let how = How {
        tries: config.acquire == Acquire::Try,
        irqs_off: config.irqs == Irqs::Off,
    };
    if !how.tries && !how.irqs_off && config.nested == 1 {
        return Ok(None);
    }
    let levels = Levels::new(config.nested.saturating_sub(1))?;
    Ok(Some((how, Arc::new(levels, GFP_KERNEL)?)))
}

impl Done {
    fn new() -> Self {
        let zero = || Atomic::new(0);
        Self {
            pauses: zero(),
            paused_ns: zero(),
            shuffles: zero(),
            offline: zero(),
            refused: zero(),
            long_holds: zero(),
            boosts: zero(),
        }
    }
}
