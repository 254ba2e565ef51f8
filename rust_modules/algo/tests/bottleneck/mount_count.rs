// SPDX-License-Identifier: GPL-2.0

//! Of each mount that was detached, one thread puts the last reference, and only then it ends.

use algo::{
    bottleneck::{
        brlock::Lane,
        mount_count::{Count, Exact, Mount, Seat, Split, Work},
    },
    counter::{EachVcpu, MountCount},
    lock::Tas,
    primitive::{on, PerVcpu},
};

use crate::{
    found,
    support::{check, together, Arc, ROUNDS},
    waiter, Dice,
};

const THREADS: u32 = if cfg!(loom) { 2 } else { 3 };

/// Each vCPU does what it is told in turn, as if interrupted.
struct Vcpus;

impl EachVcpu for Vcpus {
    fn visit(&self, live: &(dyn Fn() + Sync), _: &(dyn Fn(u32) + Sync)) {
        (0..THREADS).for_each(|vcpu| on(vcpu, live));
    }
}

fn exact() -> impl Count {
    Exact::new()
}

fn lanes() -> Vec<Lane<Tas>> {
    (0..THREADS).map(|_| Lane::new()).collect()
}

fn summed() -> impl Count {
    Split::new(PerVcpu::new(THREADS), lanes(), false)
}

fn split() -> impl Count {
    Split::new(PerVcpu::new(THREADS), lanes(), true)
}

fn percpu() -> impl Count {
    MountCount::new(PerVcpu::new(THREADS))
}

/// Threads refer to so many mounts, hand references on, and unmount; of loom's the first does
/// nothing else.
fn users<C: Count + Send + 'static>(mounts: u32, count: fn() -> C) {
    check(2, move || {
        let all: Vec<_> = (0..mounts)
            .map(|_| Mount::new([count(), count()]))
            .collect();
        let seats: Vec<_> = (0..THREADS).map(|_| Seat::new()).collect();
        let work = Arc::new(Work::new(all, seats));
        let theirs = work.clone();
        together(THREADS, move |thread| {
            on(thread, || {
                let (mut dice, me) = (Dice::of(thread), waiter());
                let next = (thread + 1) % THREADS;
                for round in 0..ROUNDS {
                    let mount = dice.roll() % mounts;
                    let unmounts = match cfg!(loom) {
                        true => thread == 0,
                        false => thread == 0 && round % 64 == 0,
                    };
                    let checked = match (unmounts, round % 4) {
                        (true, _) => theirs.unmount(mount, &Vcpus, &me),
                        (_, 0) => theirs.hand_on(mount, next, &me),
                        _ => theirs.refer(mount, &me),
                    };
                    assert_eq!(checked, Ok(()));
                }
            });
        });
        work.settle(&Vcpus, &waiter(), &mut found);
    });
}

#[test]
fn users_of_one_atomic() {
    users(1, exact);
}

#[test]
fn users_of_counts_that_are_added_up() {
    users(1, summed);
}

#[test]
fn users_of_counts_for_a_short_and_a_long_term() {
    users(1, split);
}

#[test]
fn users_of_counts_on_each_vcpu() {
    users(1, percpu);
}

#[cfg(not(loom))]
#[test]
fn users_of_three_mounts() {
    users(3, exact);
    users(3, summed);
    users(3, split);
    users(3, percpu);
}

/// A get, a detaching and two puts, in every order.
fn last_put<C: Count + Send + 'static>(count: fn() -> C) {
    check(3, move || {
        let count = Arc::new(count());
        on(1, || count.get(&waiter()));
        let theirs = count.clone();
        let zeros = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let seen = zeros.clone();
        together(2, move |thread| {
            let last = on(thread, || match thread {
                0 => theirs.detach(&Vcpus, &waiter()),
                _ => theirs.put(&waiter()),
            });
            seen.fetch_add(last.into(), std::sync::atomic::Ordering::Relaxed);
        });
        assert_eq!(zeros.load(std::sync::atomic::Ordering::Relaxed), 1);
        count.revive();
        assert!(count.detach(&Vcpus, &waiter()));
    });
}

#[test]
fn one_puts_the_last() {
    last_put(exact);
    last_put(summed);
    last_put(split);
    last_put(percpu);
}
