// SPDX-License-Identifier: GPL-2.0

//! What was unmounted is not found by a lookup that begins later, and what is mounted is.

use algo::{
    bottleneck::{
        brlock::Lane,
        mount_lookup::{
            memory, Brlock, Mounts, Percore, Point, Rcu, Room, Spinlock, Table, Witness,
        },
    },
    lock::Tas,
    primitive::{grace, on, Atomic},
};

use crate::{
    found,
    support::{check, together, Arc, ROUNDS},
    waiter, Dice,
};

/// Points, all of which but one share their chain with another.
const POINTS: u32 = if cfg!(loom) { 2 } else { 5 };
const THREADS: u32 = 3;

fn table() -> Table<Vec<Room>> {
    Table::new((0..POINTS + THREADS).map(|_| Room::new()).collect())
}

fn remembered() -> Vec<Atomic<u64>> {
    let all = memory(THREADS, POINTS);
    (0..all).map(|_| Atomic::new(0)).collect()
}

fn spinlock() -> impl Mounts {
    Spinlock::<_, Tas>::new(table())
}

fn percore() -> impl Mounts {
    Percore::<_, _, Tas>::new(table(), remembered(), POINTS)
}

fn brlock() -> impl Mounts {
    let lanes: Vec<Lane<Tas>> = (0..THREADS).map(|_| Lane::new()).collect();
    Brlock::new(table(), lanes)
}

fn rcu() -> impl Mounts {
    Rcu::<_, Tas>::new(table())
}

#[cfg(loom)]
fn busted() -> impl Mounts {
    use algo::bottleneck::mount_lookup::Busted;
    Busted::<_, _, Tas>::new(table(), remembered(), POINTS)
}

/// So many threads, each on its vCPU; of loom's the first changes, and the others look.
fn users<T: Mounts + Send + 'static>(threads: u32, rounds: u32, mounts: fn() -> T) {
    check(2, move || {
        let points: Vec<_> = (0..POINTS).map(|_| Point::new()).collect();
        let witness = Arc::new(Witness::new(mounts(), points, &waiter()));
        let theirs = witness.clone();
        together(threads, move |thread| {
            on(thread, || {
                let (mut dice, me) = (Dice::of(thread), waiter());
                let mut room = POINTS + 1 + thread;
                for round in 0..rounds {
                    let changes = match cfg!(loom) {
                        true => thread == 0,
                        false => round % 7 == 0,
                    };
                    let point = match cfg!(loom) {
                        // What was at the first point makes room for the second.
                        true if changes => round % POINTS,
                        true => 0,
                        false => dice.roll() % POINTS,
                    };
                    if !changes {
                        assert_eq!(theirs.look(point, &me), Ok(()));
                        continue;
                    }
                    room = theirs.change(point, room, &me);
                    if theirs.needs_grace() {
                        grace();
                    }
                }
            });
        });
        witness.settle(&waiter(), &mut found);
    });
}

const FEW: u32 = if cfg!(loom) { 2 } else { ROUNDS };

#[test]
fn users_of_one_lock() {
    users(2, FEW, spinlock);
}

#[test]
fn users_of_what_vcpus_remember() {
    users(2, FEW, percore);
}

#[test]
fn users_of_a_lock_for_each_vcpu() {
    users(2, FEW, brlock);
}

#[test]
fn readers_of_rcu() {
    users(2, FEW, rcu);
}

#[cfg(not(loom))]
#[test]
fn three_of_each() {
    users(3, FEW, spinlock);
    users(3, FEW, percore);
    users(3, FEW, brlock);
    users(3, FEW, rcu);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "stale")]
fn who_remembers_too_late_remembers_what_is_gone() {
    users(2, FEW, busted);
}

#[test]
fn all_forget_what_is_unmounted() {
    check(1, || {
        let (mounts, me) = (percore(), waiter());
        mounts.mount(1, 7, 1, &me);
        for vcpu in 0..THREADS {
            assert_eq!(on(vcpu, || mounts.lookup(1, &me)), Some(7));
        }
        let room = on(1, || mounts.unmount(1, &me)).unwrap().room;
        for vcpu in 0..THREADS {
            assert_eq!(on(vcpu, || mounts.lookup(1, &me)), None);
        }
        mounts.mount(1, 9, room, &me);
        assert_eq!(on(2, || mounts.lookup(1, &me)), Some(9));
        assert_eq!(mounts.unmount(0, &me), None);
    });
}

#[test]
fn a_lock_for_each_vcpu_keeps_out_who_takes_all() {
    check(2, || {
        let lanes: Vec<Lane<Tas>> = (0..2).map(|_| Lane::new()).collect();
        let lock = Arc::new(algo::bottleneck::brlock::Brlock::<_, Tas>::new(lanes));
        let bare = Arc::new(crate::support::Bare::new());
        let theirs = bare.clone();
        together(2, move |thread| {
            on(thread, || {
                for _ in 0..FEW {
                    match thread {
                        0 => lock.write(&waiter(), &mut || theirs.bump()),
                        _ => {
                            lock.read(&waiter(), || theirs.get());
                        }
                    }
                }
            });
        });
        assert_eq!(bare.get(), FEW);
    });
}
