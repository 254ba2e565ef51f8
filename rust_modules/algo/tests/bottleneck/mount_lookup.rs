// SPDX-License-Identifier: GPL-2.0

//! A lookup that begins after an unmount does not find the mount, and finds what is mounted.

use algo::{
    bottleneck::{
        mount_lookup::{
            cache_words, Brlock, Mounts, Percore, Point, Protect, Rcu, Shared, Slot, Spinlock,
            Table, Users,
        },
        Guarded,
    },
    lock::Tas,
    primitive::{grace, on, Atomic},
};

use crate::{check, many, passes, race, support::Bare, waiter, Random, ROUNDS};

/// Mount points, all of which but one share their chain with another.
const POINTS: u32 = if cfg!(loom) { 2 } else { 5 };
const THREADS: u32 = 3;
const FEW: u32 = if cfg!(loom) { 2 } else { ROUNDS };

fn table() -> Table<Vec<Slot>> {
    Table::new(many(POINTS + THREADS))
}

fn shared(protect: impl Protect) -> impl Mounts {
    Shared::new(table(), protect)
}

fn percore<const BUSTED: bool>() -> Percore<Vec<Slot>, Vec<Atomic<u64>>, Tas, BUSTED> {
    Percore::new(table(), many(cache_words(THREADS, POINTS)), POINTS)
}

fn lock_per_vcpu(vcpus: u32) -> Brlock<Vec<Guarded<Tas>>, Tas> {
    Brlock::new(many(vcpus))
}

fn spinlock() -> impl Mounts {
    shared(Spinlock::<Tas>::default())
}

fn brlock() -> impl Mounts {
    shared(lock_per_vcpu(THREADS))
}

fn rcu() -> impl Mounts {
    shared(Rcu::<Tas>::default())
}

/// Threads look up and change mounts; the first thread of loom only changes, the others look up.
fn used<T: Mounts + Send + 'static>(threads: u32, mounts: fn() -> T) {
    let new = move || Users::new(mounts(), many::<Point>(POINTS), &waiter());
    let step = |users: &Users<T, _>, thread, me: &_| {
        let mut random = Random::of(thread);
        let mut slot = POINTS + 1 + thread;
        for round in 0..FEW {
            let (changes, point) = match cfg!(loom) {
                // The slot of the first point's mount serves the second.
                true if thread == 0 => (true, round % POINTS),
                true => (false, 0),
                false => (round % 7 == 0, random.next() % POINTS),
            };
            if !changes {
                assert_eq!(users.look(point, me), Ok(()));
                continue;
            }
            slot = users.change(point, slot, me);
            if users.needs_grace() {
                grace();
            }
        }
    };
    race(2, threads, new, step, |users| {
        users.audit(&waiter(), &mut passes)
    });
}

tests! {
    spinlock_lookup_finds_what_is_mounted => used(2, spinlock);
    percore_lookup_finds_what_is_mounted => used(2, percore::<false>);
    brlock_lookup_finds_what_is_mounted => used(2, brlock);
    rcu_lookup_finds_what_is_mounted => used(2, rcu);
    #[cfg(not(loom))]
    three_threads_find_what_is_mounted => {
        used(3, spinlock);
        used(3, percore::<false>);
        used(3, brlock);
        used(3, rcu);
    };
    #[cfg(loom)]
    #[should_panic(expected = "stale")]
    busted_is_caught => used(2, percore::<true>);
}

#[test]
fn unmount_invalidates_all_caches() {
    check(1, || {
        let (mounts, me) = (percore::<false>(), waiter());
        mounts.mount(1, 7, 1, &me);
        for vcpu in 0..THREADS {
            assert_eq!(on(vcpu, || mounts.lookup(1, &me)), Some(7));
        }
        let slot = on(1, || mounts.unmount(1, &me)).unwrap().slot;
        for vcpu in 0..THREADS {
            assert_eq!(on(vcpu, || mounts.lookup(1, &me)), None);
        }
        mounts.mount(1, 9, slot, &me);
        assert_eq!(on(2, || mounts.lookup(1, &me)), Some(9));
        assert_eq!(mounts.unmount(0, &me), None);
    });
}

#[test]
fn brlock_writer_excludes_readers() {
    let new = || (lock_per_vcpu(2), Bare::new());
    let step = |(lock, bare): &(Brlock<_, _>, Bare), thread, me: &_| {
        for _ in 0..FEW {
            match thread {
                0 => lock.write(me, &mut || bare.bump()),
                _ => {
                    lock.read(me, || bare.get());
                }
            }
        }
    };
    race(2, 2, new, step, |(_, bare)| assert_eq!(bare.get(), FEW));
}
