// SPDX-License-Identifier: GPL-2.0

//! `mount_count`: threads get and put references to `size` mounts, and pass some on.
//!
//! In `write_permille` of 1000 operations a thread unmounts one of its mounts, which is mounted
//! again at once.

use algo::{
    bottleneck::{
        mount_count::{
            Count,
            Exact,
            Mailbox,
            Mount,
            Split,
            Users, //
        },
        Guarded, //
    },
    counter::MountCount as Percpu,
    primitive::PerVcpu, //
};
use rig::Vcpus;

use crate::{
    prelude::*,
    storage::{
        lanes,
        lanes_bytes, //
    }, //
};

/// One operation in so many passes a reference on.
const PASS: u32 = 64;

/// Mounts, and the one that each thread is about to unmount.
struct MountCount<C: Count> {
    users: Users<KVVec<Mount<C>>, KVVec<Mailbox>>,
    /// The number of a mount, from 1 on; 0 is none.
    unmounts: KVVec<Padded<SingleWriter>>,
    size: u32,
    permille: u32,
}

pub(super) fn make<L: Lock + Send + 'static>(config: &Config, limits: &Limits) -> Made {
    let on_vcpus = PerVcpu::BYTES.saturating_mul(rig::possible_vcpus() as usize);
    let count = match config.variant {
        Variant::Summed | Variant::Split => lanes_bytes::<L>().saturating_add(on_vcpus),
        Variant::Percpu => on_vcpus,
        _ => 0,
    };
    // A mount has two.
    let mount = size_of::<Mount<Exact>>().saturating_add(count.saturating_mul(2));
    let all = u64::from(config.size).saturating_mul(mount as u64);
    must_fit(config, all, limits)?;
    match config.variant {
        Variant::Exact => workload(config, || Ok(Exact::default())),
        Variant::Summed => workload(config, split::<L, false>),
        Variant::Split => workload(config, split::<L, true>),
        Variant::Percpu => workload(config, || Ok(Percpu::new(PerVcpu::new()?))),
        _ => no_such_variant(config),
    }
}

/// Makes a count with a lock per vCPU.
fn split<L: Lock, const PINNED: bool>() -> Result<Split<KVVec<Guarded<L>>, L, PINNED>> {
    Ok(Split::new(PerVcpu::new()?, lanes::<L, ()>()?))
}

fn workload<C: Count + Send + 'static>(config: &Config, count: impl Fn() -> Result<C>) -> Made {
    let mounts = try_filled(config.size, |_| Ok(Mount::new([count()?, count()?])))?;
    boxed(MountCount {
        users: Users::new(mounts, defaults(config.threads)?),
        unmounts: filled(config.threads, |_| Padded(SingleWriter::default()))?,
        size: config.size,
        permille: config.write_permille,
    })
}

impl<C: Count + Send> MountCount<C> {
    /// Returns a mount that the thread owns, if it has one; every mount has one owner.
    fn own(&self, thread: &Thread<'_>) -> Option<u32> {
        let others = self.size.saturating_sub(thread.index);
        let each = others.div_ceil(thread.threads.max(1));
        let at = thread.random.below(each).wrapping_mul(thread.threads);
        (each > 0).then_some(at.wrapping_add(thread.index))
    }
}

impl<C: Count + Send> Workload for MountCount<C> {
    fn burst(&self, thread: &Thread<'_>, steps: u32) -> u32 {
        let Some(unmounts) = self.unmounts.get(thread.index as usize) else {
            return 0;
        };
        if unmounts.get() != 0 {
            return 0;
        }
        for step in 0..steps {
            if self.permille > 0 && thread.random.permille(self.permille) {
                if let Some(mount) = self.own(thread) {
                    unmounts.set(u64::from(mount).wrapping_add(1));
                    return step.wrapping_add(1);
                }
            }
            let mount = thread.random.below(self.size);
            thread.note(match step % PASS {
                0 => {
                    let next = thread.index.wrapping_add(1);
                    let to = if next < thread.threads { next } else { 0 };
                    self.users.pass(mount, to, thread.waiter)
                }
                _ => hot_mount_count(&self.users, mount, thread.waiter),
            });
        }
        steps
    }

    fn rest(&self, thread: &Thread<'_>) {
        let Some(unmounts) = self.unmounts.get(thread.index as usize) else {
            return;
        };
        if let Some(mount) = unmounts.get().checked_sub(1) {
            thread.note(self.users.unmount(mount as u32, &Vcpus, thread.waiter));
            unmounts.set(0);
        }
    }

    fn audit(&self, to: Findings<'_>) {
        self.users.audit(&Vcpus, &Waiter::default(), to);
    }
}

/// The measured step.
#[inline(never)]
fn hot_mount_count<C: Count>(
    users: &Users<KVVec<Mount<C>>, KVVec<Mailbox>>,
    mount: u32,
    me: &Waiter,
) -> Checked {
    users.refer(mount, me)
}
