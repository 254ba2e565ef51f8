// SPDX-License-Identifier: GPL-2.0

//! One lock and what it protects, on cache lines of their own.

use algo::{
    lock::Lock,
    primitive::cpu_relax,
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    busy_loop,
    Padded,
    Region, //
    StopFlag,
};

use crate::{
    observer::Observer,
    probe::{
        Blind,
        Probe, //
    },
    words::Words, //
};

/// How a thread goes through sections.
#[derive(Clone, Copy)]
pub(crate) struct Pattern {
    /// Loops inside a section.
    pub(crate) hold: u64,
    /// Loops between two sections.
    pub(crate) idle: u64,
}

/// A thread that goes through sections: as locks see it, and who looks on.
pub(crate) struct Mate<'a> {
    pub(crate) me: Waiter,
    pub(crate) observer: Option<Observer<'a>>,
}

/// From when until when somebody did not run, in stamps.
pub(crate) type Gap = (u64, u64);

/// An arena of some lock.
pub(crate) trait Arena: Send + Sync {
    /// Goes through `batch` sections unless the alarm rings; returns how many were completed.
    fn batch(&self, pattern: Pattern, batch: u32, stop_flag: &StopFlag, mate: &Mate<'_>) -> u64;

    /// One section, which lasts until `enough`, and nobody looks on.
    fn hold(&self, me: &Waiter, enough: &dyn Fn() -> bool);

    /// One section, which lasts for as long as `body`; that says whether it saw a gap.
    fn stay(&self, mate: &Mate<'_>, body: &dyn Fn() -> Option<Gap>);

    /// The words.
    fn words(&self) -> &Words;

    /// The memory of the lock itself, to be shown.
    fn region(&self) -> Region;
}

struct Held<L> {
    lock: Padded<L>,
    words: Padded<Words>,
}

/// Makes an arena of `lock`.
pub(crate) fn arena<L: Lock + Send + 'static>(lock: L) -> Result<KBox<dyn Arena>> {
    let held = Held {
        lock: Padded(lock),
        words: Padded(Words::new()),
    };
    Ok(KBox::new(held, GFP_KERNEL)?)
}

impl<L: Lock + Send> Arena for Held<L> {
    fn batch(&self, pattern: Pattern, batch: u32, stop_flag: &StopFlag, mate: &Mate<'_>) -> u64 {
        let Mate { me, observer } = mate;
        let (lock, words) = (&*self.lock, &*self.words);
        let Some(observer) = observer else {
            return hot_sections(lock, words, pattern, batch, stop_flag, me, &Blind);
        };
        observer.begin_batch();
        let sections = me.wait_clock.counting_in(observer.bell(), || {
            hot_sections(lock, words, pattern, batch, stop_flag, me, observer)
        });
        observer.end_batch(sections);
        sections
    }

    fn hold(&self, me: &Waiter, enough: &dyn Fn() -> bool) {
        let wait = || {
            while !enough() {
                cpu_relax();
            }
        };
        self.lock.with(me, || self.words.section(wait));
    }

    fn stay(&self, mate: &Mate<'_>, body: &dyn Fn() -> Option<Gap>) {
        let Mate { me, observer } = mate;
        let Some(observer) = observer else {
            self.lock.with(me, || self.words.section(body));
            return;
        };
        observer.begin_batch();
        observer.time_next(me);
        me.wait_clock.counting_in(observer.bell(), || {
            if !L::REPORTS_CONTENTION {
                observer.arrive(me);
            }
            self.lock.with(me, || {
                let entered = observer.enter(me, 0);
                let gap = self.words.section(body);
                observer.leave_after(entered, gap);
            });
        });
        observer.end_batch(1);
    }

    fn words(&self) -> &Words {
        &self.words
    }

    fn region(&self) -> Region {
        Region::of(&*self.lock)
    }
}

/// The measured loop. `scripts/hot-check` finds it by its name, twice for each lock.
#[inline(never)]
fn hot_sections<L: Lock, P: Probe>(
    lock: &L,
    words: &Words,
    pattern: Pattern,
    batch: u32,
    stop_flag: &StopFlag,
    me: &Waiter,
    probe: &P,
) -> u64 {
    let mut sections: u64 = 0;
    for _ in 0..batch {
        if stop_flag.is_raised() {
            break;
        }
        if !L::REPORTS_CONTENTION {
            probe.arrive(me);
        }
        lock.with(me, || {
            let section = || words.section(|| busy_loop(pattern.hold));
            if probe.passes(me) {
                section();
                return probe.passed(me, sections);
            }
            let entered = probe.enter(me, sections);
            section();
            probe.leave(entered);
        });
        sections = sections.wrapping_add(1);
        busy_loop(pattern.idle);
    }
    sections
}
