// SPDX-License-Identifier: GPL-2.0

//! `mount_count`: threads get and put references to `size` mounts, hand some on, and
//! `write_permille` of the time unmount one of their own, which then is there again.

use abi::{
    bottleneck::{
        Config,
        Lock as LockName,
        Variant, //
    },
    Limits, //
};
use algo::{
    bottleneck::{
        mount_count::{
            Count,
            Exact,
            Mount,
            Seat,
            Split,
            Work, //
        },
        Checked, //
    },
    counter::MountCount as Percpu,
    lock::Lock,
    primitive::PerVcpu,
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    Padded,
    SingleWriter,
    Vcpus, //
};

use super::{
    Case,
    Who, //
};
use crate::{
    findings::Findings,
    store::{
        filled,
        lock_bytes,
        locks, //
    },
    table::{
        boxed,
        must_fit,
        no_such,
        Made, //
    },
    timed::{
        Old,
        Today, //
    }, //
};

/// A reference is handed on once in so many operations.
const HAND_ON: u32 = 64;

/// Mounts, and what each thread is about to unmount.
struct MountCount<C: Count> {
    work: Work<KVVec<Mount<C>>, KVVec<Seat>>,
    /// A mount's number, from 1 on.
    ends: KVVec<Padded<SingleWriter>>,
    size: u32,
    permille: u32,
}

pub(crate) fn make(config: &Config, limits: &Limits) -> Made {
    let locks = match config.variant {
        Variant::Summed | Variant::Split => lock_bytes::<Today>(),
        _ => 0,
    };
    let half = size_of::<Mount<Exact>>().saturating_add(locks) as u64;
    let all = u64::from(config.size)
        .saturating_mul(half)
        .saturating_mul(2);
    must_fit(config, all, limits)?;
    match config.lock {
        LockName::Ticket => variant::<Old>(config),
        LockName::PvQueued => variant::<Today>(config),
    }
}

fn variant<L: Lock + Send + 'static>(config: &Config) -> Made {
    let split = |pinned| Ok(Split::new(PerVcpu::new()?, locks::<L>()?, pinned));
    match config.variant {
        Variant::Exact => case(config, || Ok(Exact::new())),
        Variant::Summed => case(config, || split(false)),
        Variant::Split => case(config, || split(true)),
        Variant::Percpu => case(config, || Ok(Percpu::new(PerVcpu::new()?))),
        _ => no_such(config),
    }
}

fn case<C: Count + Send + 'static>(config: &Config, count: impl Fn() -> Result<C>) -> Made {
    let size = config.size as usize;
    let mut mounts = KVVec::with_capacity(size, GFP_KERNEL)?;
    for _ in 0..size {
        mounts.push(Mount::new([count()?, count()?]), GFP_KERNEL)?;
    }
    boxed(MountCount {
        work: Work::new(mounts, filled(config.threads, |_| Seat::new())?),
        ends: filled(config.threads, |_| Padded(SingleWriter::default()))?,
        size: config.size,
        permille: config.write_permille,
    })
}

impl<C: Count + Send> MountCount<C> {
    /// A mount of the thread's own, if it has any: every one has one owner.
    fn own(&self, who: &Who<'_>) -> Option<u32> {
        let each = self
            .size
            .saturating_sub(who.index)
            .div_ceil(who.threads.max(1));
        let at = who.random.below(each).wrapping_mul(who.threads);
        (each > 0).then_some(at.wrapping_add(who.index))
    }
}

impl<C: Count + Send> Case for MountCount<C> {
    fn burst(&self, who: &Who<'_>, steps: u32) -> u32 {
        let Some(ends) = self.ends.get(who.index as usize) else {
            return 0;
        };
        if ends.get() != 0 {
            return 0;
        }
        for step in 0..steps {
            if self.permille > 0 && who.random.permille(self.permille) {
                if let Some(mount) = self.own(who) {
                    ends.set(u64::from(mount).wrapping_add(1));
                    return step.wrapping_add(1);
                }
            }
            let mount = who.random.below(self.size);
            let checked = match step % HAND_ON {
                0 => {
                    let next = who.index.wrapping_add(1);
                    let to = if next < who.threads { next } else { 0 };
                    self.work.hand_on(mount, to, who.waiter)
                }
                _ => hot_refer(&self.work, mount, who.waiter),
            };
            if let Err(why) = checked {
                who.found.wrong(why);
            }
        }
        steps
    }

    fn rest(&self, who: &Who<'_>) {
        let ends = self.ends.get(who.index as usize);
        let Some((ends, mount)) = ends.and_then(|ends| Some((ends, ends.get().checked_sub(1)?)))
        else {
            return;
        };
        if let Err(why) = self.work.unmount(mount as u32, &Vcpus, who.waiter) {
            who.found.wrong(why);
        }
        ends.set(0);
    }

    fn settle(&self, to: &mut Findings) {
        self.work
            .settle(&Vcpus, &Waiter::default(), &mut |name, seen, due| {
                to.add(name, seen, due);
            });
    }
}

/// The measured step.
#[inline(never)]
fn hot_refer<C: Count>(
    work: &Work<KVVec<Mount<C>>, KVVec<Seat>>,
    mount: u32,
    me: &Waiter,
) -> Checked {
    work.refer(mount, me)
}
