// SPDX-License-Identifier: GPL-2.0

//! `mount_lookup`: threads look up what is mounted at `size` points, and `write_permille` of the
//! time they unmount one and mount another.

use abi::bottleneck::{
    Config,
    Lock as LockName,
    Variant, //
};
use algo::{
    bottleneck::mount_lookup::{
        memory,
        Brlock,
        Busted,
        Mounts,
        Percore,
        Point,
        Rcu,
        Room,
        Spinlock,
        Table,
        Witness, //
    },
    lock::Lock,
    primitive::{
        grace,
        Atomic, //
    },
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    Padded,
    Preempt, //
    SingleWriter,
};

use super::{
    Case,
    Who, //
};
use crate::{
    findings::Findings,
    store::{
        filled,
        locks, //
    },
    table::{
        boxed,
        no_such,
        Made, //
    },
    timed::{
        Old,
        Today, //
    }, //
};

/// Mounts, and what each thread has for its next.
struct MountLookup<T> {
    witness: Witness<T, KVVec<Point>>,
    own: KVVec<Padded<Own>>,
    permille: u32,
}

/// What a thread has.
#[derive(Default)]
struct Own {
    /// Room for a mount.
    room: SingleWriter,
    /// Whether readers may still be in that room: 1 if so.
    waits: SingleWriter,
}

pub(crate) fn make(config: &Config) -> Made {
    match config.lock {
        LockName::Ticket => variant::<Old>(config),
        LockName::PvQueued => variant::<Today>(config),
    }
}

fn variant<L: Lock + Send + 'static>(config: &Config) -> Made {
    let Config { size, threads, .. } = *config;
    let rooms = size.saturating_add(threads);
    let table = Table::new(filled(rooms, |_| Room::new())?);
    let remembered = || filled(memory(rig::possible_vcpus(), size), |_| Atomic::new(0));
    match config.variant {
        Variant::Spinlock => case(Spinlock::<_, L>::new(table), config),
        Variant::Percore => case(Percore::<_, _, L>::new(table, remembered()?, size), config),
        Variant::Brlock => case(Brlock::<_, _, L>::new(table, locks()?), config),
        Variant::Rcu => case(Rcu::<_, L>::new(table), config),
        Variant::Busted => case(Busted::<_, _, L>::new(table, remembered()?, size), config),
        _ => no_such(config),
    }
}

fn case<T: Mounts + Send + 'static>(mounts: T, config: &Config) -> Made {
    let points = filled(config.size, |_| Point::new())?;
    let own = filled(config.threads, |_| Padded(Own::default()))?;
    // After the rooms of what is mounted at first.
    for (room, own) in (u64::from(config.size).saturating_add(1)..).zip(&own) {
        own.room.set(room);
    }
    let here = Preempt::new();
    let witness = Witness::new(mounts, points, &Waiter::default());
    drop(here);
    boxed(MountLookup {
        witness,
        own,
        permille: config.write_permille,
    })
}

impl<T: Mounts + Send> Case for MountLookup<T> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        let Some(own) = self.own.get(who.index as usize) else {
            return 0;
        };
        if own.waits.get() != 0 {
            return 0;
        }
        for step in 0..steps {
            let point = who.random.below(self.witness.count());
            if self.permille > 0 && who.random.permille(self.permille) {
                let room = own.room.get() as u32;
                let room = self.witness.change(point, room, who.waiter);
                own.room.set(room.into());
                if self.witness.needs_grace() {
                    own.waits.set(1);
                    return step.wrapping_add(1);
                }
            } else if let Err(why) = hot_mounts(&self.witness, point, who.waiter) {
                who.found.wrong(why);
            }
        }
        steps
    }

    fn rest(&self, who: &Who<'_>) {
        if let Some(own) = self.own.get(who.index as usize) {
            if own.waits.get() != 0 {
                grace();
                own.waits.set(0);
            }
        }
    }

    fn settle(&self, to: &mut Findings) {
        let _here = Preempt::new();
        let me = Waiter::default();
        self.witness
            .settle(&me, &mut |name, seen, due| to.add(name, seen, due));
    }
}

/// The measured step.
#[inline(never)]
fn hot_mounts<T: Mounts>(
    witness: &Witness<T, KVVec<Point>>,
    point: u32,
    me: &Waiter,
) -> algo::bottleneck::Checked {
    witness.look(point, me)
}
