// SPDX-License-Identifier: GPL-2.0

//! One lock and what it protects, on cache lines of their own.

use algo::{
    lock::Lock,
    primitive::cpu_relax,
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    burn,
    Alarm,
    Padded,
    Region, //
};

use crate::words::Words;

/// How a thread goes through sections.
#[derive(Clone, Copy)]
pub(crate) struct Pattern {
    /// Loops inside a section.
    pub(crate) hold: u64,
    /// Loops between two sections.
    pub(crate) idle: u64,
}

/// An arena of some lock.
pub(crate) trait Arena: Send + Sync {
    /// Goes through `batch` sections unless the alarm rings; returns how many were completed.
    fn batch(&self, pattern: Pattern, batch: u32, alarm: &Alarm, me: &Waiter) -> u64;

    /// One section, which lasts until `enough`.
    fn hold(&self, me: &Waiter, enough: &dyn Fn() -> bool);

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
    fn batch(&self, pattern: Pattern, batch: u32, alarm: &Alarm, me: &Waiter) -> u64 {
        hot_sections(&*self.lock, &self.words, pattern, batch, alarm, me)
    }

    fn hold(&self, me: &Waiter, enough: &dyn Fn() -> bool) {
        let wait = || {
            while !enough() {
                cpu_relax();
            }
        };
        self.lock.with(me, || self.words.section(wait));
    }

    fn words(&self) -> &Words {
        &self.words
    }

    fn region(&self) -> Region {
        Region::of(&*self.lock)
    }
}

/// The measured loop. `scripts/hot-check` finds it by its name, once for each lock.
#[inline(never)]
fn hot_sections<L: Lock>(
    lock: &L,
    words: &Words,
    pattern: Pattern,
    batch: u32,
    alarm: &Alarm,
    me: &Waiter,
) -> u64 {
    let mut sections: u64 = 0;
    for _ in 0..batch {
        if alarm.rung() {
            break;
        }
        lock.with(me, || words.section(|| burn(pattern.hold)));
        sections = sections.wrapping_add(1);
        burn(pattern.idle);
    }
    sections
}
