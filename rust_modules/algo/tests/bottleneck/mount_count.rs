// SPDX-License-Identifier: GPL-2.0

//! Of each detached mount one put is the last, and the mount ends only then.

use std::sync::atomic::{AtomicU32, Ordering};

use algo::{
    bottleneck::{
        mount_count::{Count, Exact, Mailbox, Mount, Split, Users},
        Guarded,
    },
    counter::{EachVcpu, MountCount},
    lock::Tas,
    primitive::{on, PerVcpu},
};

use crate::{many, passes, race, waiter, Random, ROUNDS};

const THREADS: u32 = if cfg!(loom) { 2 } else { 3 };

/// Visits vCPUs in turn, as if by interrupts.
struct Vcpus;

impl EachVcpu for Vcpus {
    fn visit(&self, live: &(dyn Fn() + Sync), _: &(dyn Fn(u32) + Sync)) {
        (0..THREADS).for_each(|vcpu| on(vcpu, live));
    }
}

fn split<const PINNED: bool>() -> impl Count {
    Split::<_, _, PINNED>::new(PerVcpu::new(THREADS), many::<Guarded<Tas>>(THREADS))
}

fn percpu() -> impl Count {
    MountCount::new(PerVcpu::new(THREADS))
}

/// Closes all parts, and detaches.
fn detach(count: &impl Count, me: &algo::Waiter) -> bool {
    Vcpus.visit(&|| count.close(), &|vcpu| count.close_dead(vcpu));
    count.detach(me)
}

/// Threads refer to mounts, pass references on, and unmount; the first thread of loom only unmounts.
fn used<C: Count + Send + 'static>(mounts: u32, count: fn() -> C) {
    let new = move || {
        let all = (0..mounts).map(|_| Mount::new([count(), count()]));
        Users::new(all.collect(), many(THREADS))
    };
    let step = move |users: &Users<Vec<Mount<C>>, Vec<Mailbox>>, thread, me: &_| {
        let mut random = Random::of(thread);
        for round in 0..ROUNDS {
            let mount = random.next() % mounts;
            let unmounts = thread == 0 && (cfg!(loom) || round % 64 == 0);
            let checked = match (unmounts, round % 4) {
                (true, _) => users.unmount(mount, &Vcpus, me),
                (_, 0) => users.pass(mount, (thread + 1) % THREADS, me),
                _ => users.refer(mount, me),
            };
            assert_eq!(checked, Ok(()));
        }
    };
    race(2, THREADS, new, step, |users| {
        users.audit(&Vcpus, &waiter(), &mut passes);
    });
}

/// A detach and a put, in every order.
fn last_put<C: Count + Send + 'static>(count: fn() -> C) {
    let new = move || {
        let count = count();
        on(1, || count.get(&waiter()));
        (count, AtomicU32::new(0))
    };
    let step = |(count, last): &(C, AtomicU32), thread, me: &_| {
        let is_last = match thread {
            0 => detach(count, me),
            _ => count.put(me),
        };
        last.fetch_add(is_last.into(), Ordering::Relaxed);
    };
    race(3, 2, new, step, |(count, last)| {
        assert_eq!(last.load(Ordering::Relaxed), 1);
        count.revive();
        assert!(detach(count, &waiter()));
    });
}

tests! {
    exact_ends_each_mount_once => used(1, Exact::default);
    summed_ends_each_mount_once => used(1, split::<false>);
    split_ends_each_mount_once => used(1, split::<true>);
    percpu_ends_each_mount_once => used(1, percpu);
    #[cfg(not(loom))]
    three_mounts_end_once => {
        used(3, Exact::default);
        used(3, split::<false>);
        used(3, split::<true>);
        used(3, percpu);
    };
    one_put_is_the_last => {
        last_put(Exact::default);
        last_put(split::<false>);
        last_put(split::<true>);
        last_put(percpu);
    };
}
