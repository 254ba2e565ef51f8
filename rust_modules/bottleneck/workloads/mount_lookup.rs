// SPDX-License-Identifier: GPL-2.0

//! `mount_lookup`: threads look up `size` mount points.
//!
//! `write_permille` of 1000 operations unmount a mount and mount another there.

use algo::{
    bottleneck::mount_lookup::{
        cache_words,
        Brlock,
        Busted,
        Mounts,
        Percore,
        Point,
        Rcu,
        Shared,
        Slot,
        Spinlock,
        Table,
        Users, //
    },
    primitive::{
        grace,
        Atomic, //
    }, //
};
use rig::Preempt;

use crate::{
    prelude::*,
    storage::lanes, //
};

/// Mounts, and the slot that each thread owns.
struct MountLookup<T> {
    users: Users<T, KVVec<Point>>,
    own: KVVec<Padded<Own>>,
    permille: u32,
}

/// The slot of a thread, for its next mount.
#[derive(Default)]
struct Own {
    slot: SingleWriter,
    /// 1 if readers may still be at the slot.
    needs_grace: SingleWriter,
}

pub(super) fn make<L: Lock + Send + 'static>(config: &Config, limits: &Limits) -> Made {
    let Config { size, threads, .. } = *config;
    let words = match config.variant {
        Variant::Percore | Variant::Busted => cache_words(rig::possible_vcpus(), size),
        _ => 0,
    };
    must_fit(config, u64::from(words).saturating_mul(8), limits)?;
    let table = Table::new(defaults::<Slot>(size.saturating_add(threads))?);
    let cache = || defaults::<Atomic<u64>>(words);
    match config.variant {
        Variant::Spinlock => workload(Shared::new(table, Spinlock::<L>::default()), config),
        Variant::Percore => workload(Percore::<_, _, L>::new(table, cache()?, size), config),
        Variant::Brlock => {
            let lock = Brlock::<_, L>::new(lanes::<L, ()>()?);
            workload(Shared::new(table, lock), config)
        }
        Variant::Rcu => workload(Shared::new(table, Rcu::<L>::default()), config),
        Variant::Busted => workload(Busted::<_, _, L>::new(table, cache()?, size), config),
        _ => no_such_variant(config),
    }
}

fn workload<T: Mounts + Send + 'static>(mounts: T, config: &Config) -> Made {
    let points = defaults(config.size)?;
    let own = filled(config.threads, |_| Padded(Own::default()))?;
    // The first slots hold the first mounts.
    for (slot, own) in (u64::from(config.size).saturating_add(1)..).zip(&own) {
        own.slot.set(slot);
    }
    let here = Preempt::new();
    let users = Users::new(mounts, points, &Waiter::default());
    drop(here);
    boxed(MountLookup {
        users,
        own,
        permille: config.write_permille,
    })
}

impl<T: Mounts + Send> Workload for MountLookup<T> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        let Some(own) = self.own.get(thread.index as usize) else {
            return 0;
        };
        if own.needs_grace.get() != 0 {
            return 0;
        }
        for step in 0..steps {
            let point = thread.random.below(self.users.count());
            if self.permille > 0 && thread.random.permille(self.permille) {
                let slot = own.slot.get() as u32;
                let slot = self.users.change(point, slot, thread.waiter);
                own.slot.set(slot.into());
                if self.users.needs_grace() {
                    own.needs_grace.set(1);
                    return step.wrapping_add(1);
                }
            } else {
                thread.note(hot_mount_lookup(&self.users, point, thread.waiter));
            }
        }
        steps
    }

    fn rest(&self, thread: &Thread<'_>) {
        if let Some(own) = self.own.get(thread.index as usize) {
            if own.needs_grace.get() != 0 {
                grace();
                own.needs_grace.set(0);
            }
        }
    }

    fn audit(&self, to: Findings<'_>) {
        let _here = Preempt::new();
        self.users.audit(&Waiter::default(), to);
    }
}

/// The measured step.
#[inline(never)]
fn hot_mount_lookup<T: Mounts>(users: &Users<T, KVVec<Point>>, point: u32, me: &Waiter) -> Checked {
    users.look(point, me)
}
