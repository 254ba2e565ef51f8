// SPDX-License-Identifier: GPL-2.0

//! `refs`: things that are referred to, come to an end, and are begun anew.
//!
//! A thread gets a reference to one of them, uses it, and hands the reference to the next
//! thread; what it finds handed to itself it puts. Now and then it gives up the first reference
//! of one, which then has to be seen to come to its end once, after the last use.

use abi::{
    sloppy_counter::{
        Check,
        Config,
        Sum, //
    },
    status::OracleState, //
};
use algo::{
    counter::{
        EachVcpu,
        SloppyRef, //
    },
    primitive::{
        Acquire,
        Atomic,
        Full,
        PerVcpu,
        Relaxed,
        Release, //
    }, //
};
use kernel::prelude::*;
use rig::{
    cond_resched,
    Padded,
    Preempt,
    Random,
    Refused,
    SingleWriter,
    StartBarrier,
    Until,
    Vcpus,
    Worker, //
};

use crate::{
    bout::Outcome,
    control::Disturbed, //
};

/// Things that are looked at between two chances for others to run.
const BURST: u32 = 512;
/// After so many bursts a thread gives back the spares of its vCPU by itself.
const TIDY: u32 = 16;

/// Something that is referred to.
struct Thing {
    refs: SloppyRef,
    /// The first reference is there.
    owned: Atomic<u32>,
    /// It has not come to its end.
    alive: Atomic<u32>,
    retired: Atomic<u64>,
    zeros: Atomic<u64>,
    wrong: Atomic<u64>,
}

impl Thing {
    fn new(threshold: u32) -> Result<Self> {
        Ok(Self {
            refs: SloppyRef::new(PerVcpu::new()?, threshold),
            owned: Atomic::new(1),
            alive: Atomic::new(1),
            retired: Atomic::new(0),
            zeros: Atomic::new(0),
            wrong: Atomic::new(0),
        })
    }

    /// Gets a reference and uses it.
    fn get(&self) -> bool {
        let got = self.refs.get();
        if got && self.alive.load(Relaxed) == 0 {
            self.wrong.add(1, Relaxed);
        }
        got
    }

    fn put(&self) {
        if self.alive.load(Relaxed) == 0 {
            self.wrong.add(1, Relaxed);
        }
        self.end_if(self.refs.put());
    }

    /// Gives up the first reference.
    fn retire(&self) {
        // Pairs with the release in `end_if`: the thing was begun anew.
        if self.owned.cmpxchg(1, 0, Acquire).is_ok() {
            self.retired.add(1, Relaxed);
            self.end_if(self.refs.put());
        }
    }

    /// Gives back the spares of this vCPU, if it is to come to its end.
    fn fold(&self) {
        if self.owned.load(Relaxed) == 0 {
            self.end_if(self.refs.fold());
        }
    }

    fn fold_dead(&self, vcpu: u32) {
        if self.owned.load(Relaxed) == 0 {
            self.end_if(self.refs.fold_dead(vcpu));
        }
    }

    /// Ends it if the last reference has gone, and begins anew.
    fn end_if(&self, last: bool) {
        if !last {
            return;
        }
        if self.alive.xchg(0, Full) == 0 || self.owned.load(Relaxed) == 1 {
            self.wrong.add(1, Relaxed);
        }
        self.zeros.add(1, Relaxed);
        self.alive.store(1, Relaxed);
        self.refs.revive();
        // Pairs with the acquire in `retire`.
        self.owned.store(1, Release);
    }
}

/// What the threads of a run share.
pub(crate) struct Refs {
    things: KVVec<Padded<Thing>>,
    /// A reference for each thread, as the number of the thing, from 1.
    mail: KVVec<Padded<Atomic<u32>>>,
    pub(crate) cycles: KVVec<Padded<SingleWriter>>,
    refused: KVVec<Padded<SingleWriter>>,
    start_barrier: StartBarrier,
}

impl Refs {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let mut things = KVVec::with_capacity(config.objects as usize, GFP_KERNEL)?;
        for _ in 0..config.objects {
            things.push(Padded(Thing::new(config.threshold)?), GFP_KERNEL)?;
        }
        let mut run = Self {
            things,
            mail: KVVec::new(),
            cycles: KVVec::new(),
            refused: KVVec::new(),
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
        };
        for _ in 0..config.threads {
            run.mail.push(Padded(Atomic::new(0)), GFP_KERNEL)?;
            run.cycles
                .push(Padded(SingleWriter::default()), GFP_KERNEL)?;
            run.refused
                .push(Padded(SingleWriter::default()), GFP_KERNEL)?;
        }
        Ok(run)
    }

    /// What each thread does until the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let index = worker.index as usize;
        let next = index.wrapping_add(1);
        let (Some(cycles), Some(refused), Some(mine)) = (
            self.cycles.get(index),
            self.refused.get(index),
            self.mail.get(index),
        ) else {
            return;
        };
        let next = self.mail.get(next).or(self.mail.first());
        let random = Random::new(worker.index);
        let _clock = self.start_barrier.wait(worker);
        let mut until = Until::new(&self.start_barrier, worker);
        let mut bursts: u32 = 0;
        loop {
            let here = Preempt::new();
            for _ in 0..BURST {
                let at = random.below(self.things.len() as u32);
                match self.things.get(at as usize) {
                    Some(thing) if thing.get() => self.hand_on(at, next.unwrap_or(mine)),
                    _ => refused.add(1),
                }
            }
            self.take_mail(mine);
            if let Some(thing) = self
                .things
                .get(random.below(self.things.len() as u32) as usize)
            {
                thing.retire();
            }
            bursts = bursts.wrapping_add(1);
            if bursts % TIDY == 0 {
                self.things.iter().for_each(|thing| thing.fold());
            }
            drop(here);
            cycles.add(BURST.into());
            if until.over() {
                break;
            }
            cond_resched();
        }
    }

    /// Hands the reference to a thing to another thread, and puts the one that is still there.
    fn hand_on(&self, at: u32, to: &Atomic<u32>) {
        // The reference goes with it: pairs with itself, and with `take_mail`.
        let before = to.xchg(at.wrapping_add(1), Full);
        self.put_number(before);
    }

    fn take_mail(&self, mine: &Atomic<u32>) {
        // As in `hand_on`.
        self.put_number(mine.xchg(0, Full));
    }

    fn put_number(&self, number: u32) {
        if let Some(at) = number.checked_sub(1) {
            if let Some(thing) = self.things.get(at as usize) {
                thing.put();
            }
        }
    }

    /// Ends everything; all threads have left.
    pub(crate) fn outcome(&self, elapsed_ns: u64) -> Outcome {
        self.mail.iter().for_each(|mail| self.take_mail(mail));
        self.things.iter().for_each(|thing| thing.retire());
        self.fold();
        let total = |of: fn(&Thing) -> u64| {
            let all = self.things.iter().map(|thing| of(thing));
            all.fold(0, u64::wrapping_add)
        };
        let retired = total(|thing| thing.retired.load(Relaxed));
        let zeros = total(|thing| thing.zeros.load(Relaxed));
        // Begun anew, each has its first reference and no other.
        let left = total(|thing| (thing.refs.in_use() != 1).into());
        let once = |thing: &Thing| thing.retired.load(Relaxed) == thing.zeros.load(Relaxed);
        let odd = self.things.iter().filter(|thing| !once(thing)).count();
        let wrong = total(|thing| thing.wrong.load(Relaxed)).wrapping_add(left);
        let cycles = self
            .cycles
            .iter()
            .fold(0, |sum, n| n.get().wrapping_add(sum));
        let right = wrong == 0 && odd == 0 && retired == zeros;
        Outcome {
            sum: Sum {
                elapsed_ns,
                adds: cycles,
                truth: retired as i64,
                sum: zeros as i64,
                read: zeros as i64,
                bound: 0,
                total: if right {
                    OracleState::Held
                } else {
                    OracleState::Broken
                },
            },
            check: Some(Check {
                cycles,
                due: retired,
                seen: zeros,
                wrong: wrong.wrapping_add(odd as u64),
                refused: self
                    .refused
                    .iter()
                    .fold(0, |sum, n| n.get().wrapping_add(sum)),
                allowed: 0,
            }),
        }
    }
}

impl Disturbed for Refs {
    fn fold(&self) {
        let live = || self.things.iter().for_each(|thing| thing.fold());
        let dead = |vcpu| self.things.iter().for_each(|thing| thing.fold_dead(vcpu));
        Vcpus.visit(&live, &dead);
    }
}
