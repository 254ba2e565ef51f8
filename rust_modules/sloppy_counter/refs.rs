// SPDX-License-Identifier: GPL-2.0

//! Work `refs`: references to objects that end, are reclaimed, and are revived.
//!
//! A thread gets a reference to an object, uses it, and passes the reference to the next thread; a
//! reference that was passed to it, it puts. Now and then it puts the first reference of an object,
//! whose count must then reach zero once, after the last use.

use core::fmt;

use abi::sloppy_counter::{
    Check,
    Config, //
};
use algo::{
    counter::{
        EachVcpu,
        SloppyRef, //
    },
    primitive::PerVcpu, //
};
use rig::{
    prelude::*,
    Random,
    StartBarrier,
    Vcpus, //
};

use crate::work::{
    Checked,
    EventCounts,
    Report,
    Work, //
};

/// Objects of a burst, between two preemption points, and of a visit of all vCPUs.
const BURST: u32 = 512;
/// Bursts after which a thread folds its vCPU.
const BURSTS_TO_FOLD: u32 = 16;

/// Object that is referred to.
struct Object {
    refs: SloppyRef,
    /// The first reference was not put.
    owned: Atomic<u32>,
    /// The count has not reached zero.
    alive: Atomic<u32>,
    retired: Atomic<u64>,
    zeros: Atomic<u64>,
    wrong: Atomic<u64>,
}

impl Object {
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
        if got {
            self.must_be_alive();
        }
        got
    }

    fn put(&self) {
        self.must_be_alive();
        self.end_if(self.refs.put());
    }

    fn must_be_alive(&self) {
        if self.alive.load(Relaxed) == 0 {
            self.wrong.add(1, Relaxed);
        }
    }

    /// Puts the first reference.
    fn retire(&self) {
        // Pairs with the release in `end_if`: the object was revived.
        if self.owned.cmpxchg(1, 0, Acquire).is_ok() {
            self.retired.add(1, Relaxed);
            self.end_if(self.refs.put());
        }
    }

    /// Folds the spares of this vCPU, if the object is retired.
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

    /// Ends the object if the count is `zero`, and revives it.
    fn end_if(&self, zero: bool) {
        if !zero {
            return;
        }
        // Full: pairs with itself; of two that end the object, one finds it not alive.
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
    objects: KVVec<Padded<Object>>,
    /// Reference that was passed to each thread, as the number of the object, from 1.
    passed: PerThread<Atomic<u32>>,
    cycles: PerThread<SingleWriter>,
    refused: PerThread<SingleWriter>,
    start_barrier: StartBarrier,
}

impl Refs {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let object = || Object::new(config.threshold).map(Padded);
        Ok(Self {
            objects: filled(config.objects as usize, object)?,
            passed: PerThread::new(config.threads, || Ok(Atomic::new(0)))?,
            cycles: PerThread::counters(config.threads)?,
            refused: PerThread::counters(config.threads)?,
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
        })
    }

    /// Passes a reference to the object `at` to another thread, and puts the one that is still there.
    fn pass(&self, at: u32, to: &Atomic<u32>) {
        // The reference goes with it: pairs with itself, and with `put_passed`.
        self.put(to.xchg(at.wrapping_add(1), Full));
    }

    fn put_passed(&self, mine: &Atomic<u32>) {
        // As in `pass`.
        self.put(mine.xchg(0, Full));
    }

    /// Puts a reference to the object of a number; 0 is none.
    fn put(&self, number: u32) {
        let at = number.wrapping_sub(1);
        if let Some(object) = self.objects.get(at as usize) {
            object.put();
        }
    }

    fn random_object(&self, random: &Random) -> (u32, Option<&Object>) {
        let at = random.below(self.objects.len() as u32);
        (at, self.objects.get(at as usize).map(|object| &**object))
    }
}

impl Work for Refs {
    fn thread(&self, worker: &Worker<'_>) {
        let index = worker.index as usize;
        let (Some(cycles), Some(refused), Some(mine)) = (
            self.cycles.get(index),
            self.refused.get(index),
            self.passed.get(index),
        ) else {
            return;
        };
        let next = self.passed.get(index.wrapping_add(1));
        let next = next.or(self.passed.first()).unwrap_or(mine);
        let random = Random::new(worker.index);
        let mut bursts: u32 = 0;
        self.start_barrier.bursts(worker, || {
            let _here = Preempt::new();
            for _ in 0..BURST {
                match self.random_object(&random) {
                    (at, Some(object)) if object.get() => self.pass(at, next),
                    _ => refused.add(1),
                }
            }
            self.put_passed(mine);
            if let (_, Some(object)) = self.random_object(&random) {
                object.retire();
            }
            bursts = bursts.wrapping_add(1);
            if bursts % BURSTS_TO_FOLD == 0 {
                self.objects.iter().for_each(|object| object.fold());
            }
            cycles.add(BURST.into());
        });
    }

    fn operations(&self, index: usize) -> u64 {
        self.cycles.get(index).map_or(0, |cycles| cycles.get())
    }

    fn fold(&self) {
        for objects in self.objects.chunks(BURST as usize) {
            let live = || objects.iter().for_each(|object| object.fold());
            let dead = |vcpu| objects.iter().for_each(|object| object.fold_dead(vcpu));
            Vcpus.visit(&live, &dead);
        }
    }
}

impl Report for Refs {
    /// Retires all objects; all threads have left.
    fn write(&self, elapsed_ns: u64, _: &EventCounts, to: &mut Text) -> fmt::Result {
        self.passed
            .iter()
            .for_each(|passed| self.put_passed(passed));
        self.objects.iter().for_each(|object| object.retire());
        self.fold();
        let total = |of: fn(&Object) -> u64| {
            let all = self.objects.iter().map(|object| of(object));
            all.fold(0, u64::wrapping_add)
        };
        let retired = total(|object| object.retired.load(Relaxed));
        let zeros = total(|object| object.zeros.load(Relaxed));
        // Revived, each has its first reference and no other.
        let left = total(|object| (object.refs.in_use() != 1).into());
        let odd =
            total(|object| (object.retired.load(Relaxed) != object.zeros.load(Relaxed)).into());
        let wrong = total(|object| object.wrong.load(Relaxed));
        let wrong = wrong.wrapping_add(left).wrapping_add(odd);
        Checked {
            held: wrong == 0 && retired == zeros,
            truth: retired as i64,
            sum: zeros as i64,
            read: zeros as i64,
            bound: 0,
            check: Check {
                cycles: self.cycles.sum(),
                due: retired,
                seen: zeros,
                wrong,
                refused: self.refused.sum(),
                allowed: 0,
            },
        }
        .write(elapsed_ns, to)
    }
}
