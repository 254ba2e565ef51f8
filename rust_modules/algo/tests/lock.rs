// SPDX-License-Identifier: GPL-2.0

//! Mutual exclusion of every lock of the list in `abi/lock_load/locks.rs`, and visibility of what
//! the previous holder wrote.
//!
//! A lost wake-up is a deadlock, which loom reports and threads hang on, so each test also tests the
//! wake-ups.

mod bypass;
#[path = "lock/readers.rs"]
mod readers;
#[path = "lock/resilient.rs"]
mod resilient;
mod support;
use support::{check, Arc, Bare, ROUNDS};

use algo::{
    lock::{self, Lock},
    primitive::{cpu_relax, on_node},
    wait, Tuning, Waiter,
};

/// Rounds of more threads than a small host has CPUs: a queue that spins waits for its host's scheduler then.
const FEW_ROUNDS: u32 = if cfg!(loom) { 1 } else { 1_000 };

/// A section of more threads than loom has: long enough for all others to come and wait.
fn section(threads: u32, words: &Bare) {
    if threads > 3 {
        (0..2 * threads).for_each(|_| cpu_relax());
    }
    words.bump();
}

/// A thread that halts after `threshold` iterations, with the shortest backoff.
fn waiter(threshold: u32) -> Waiter {
    Waiter::new(Tuning {
        threshold,
        backoff: 1,
        overtakes: 128,
        timeout: u64::MAX,
    })
}

/// Runs `work` on `threads` threads and waits for all.
///
/// In loom the caller is none of them: a late kick would end the caller's `join`, too.
fn vcpus<W: Fn(u32) + Clone + Send + 'static>(threads: u32, work: W) {
    #[cfg(not(loom))]
    support::together(threads, work);
    #[cfg(loom)]
    {
        let all: Vec<_> = (0..threads)
            .map(|i| {
                let work = work.clone();
                support::thread::spawn(move || work(i))
            })
            .collect();
        all.into_iter().for_each(|t| t.join().unwrap());
    }
}

fn excludes<L: Lock + Send + 'static>(
    threads: u32,
    preemptions: usize,
    (threshold, nodes): (u32, u32),
    new: fn() -> L,
) {
    let rounds = if threads > 3 { FEW_ROUNDS } else { ROUNDS };
    check(preemptions, move || {
        let shared = Arc::new((new(), Bare::new()));
        let theirs = shared.clone();
        vcpus(threads, move |thread| {
            on_node(thread % nodes);
            let me = waiter(threshold);
            (0..rounds).for_each(|_| theirs.0.with(&me, || section(threads, &theirs.1)));
        });
        assert_eq!(shared.1.get(), threads * rounds);
    });
}

/// Each thread gets back what its own section returned, whichever thread ran it. The first `home` threads
/// run theirs themselves.
fn delegates<L: Lock + Send + 'static>(
    [threads, home]: [u32; 2],
    preemptions: usize,
    threshold: u32,
    new: fn() -> L,
) {
    check(preemptions, move || {
        let shared = Arc::new((new(), Bare::new()));
        let theirs = shared.clone();
        vcpus(threads, move |thread| {
            let me = waiter(threshold);
            let section = || {
                theirs.1.bump();
                Box::new(thread)
            };
            for _ in 0..ROUNDS {
                let returned = match thread < home {
                    true => theirs.0.with(&me, section),
                    false => theirs.0.delegate(&me, section),
                };
                assert_eq!(*returned, thread);
            }
        });
        assert_eq!(shared.1.get(), threads * ROUNDS);
        // It is free again.
        assert!(shared.0.try_with(&waiter(threshold), || ()).is_some());
    });
}

/// Forced switches of three threads. Waiters that take the lock past others, and locks of many words, branch
/// most: loom takes minutes with 2.
fn of_three(lock: &str) -> usize {
    let most = ["PreemptableTicket", "BrLock", "PerCpu", "Bravo"];
    if most.contains(&lock) {
        1
    } else {
        2
    }
}

/// Tests one lock at one spin threshold, on one NUMA node unless it says so: two threads deep, three bounded,
/// and one that only tries.
macro_rules! at {
    ($name:ident, $type:ty, $threshold:expr) => {
        at!($name, $type, $threshold, 1);
    };
    ($name:ident, $type:ty, $threshold:expr, $nodes:expr) => {
        #[test]
        fn excludes_two() {
            excludes(2, 4, ($threshold, $nodes), <$type>::new);
        }

        #[test]
        fn excludes_three() {
            let preemptions = of_three(stringify!($name));
            excludes(3, preemptions, ($threshold, $nodes), <$type>::new);
        }

        #[test]
        fn excludes_a_trylock() {
            tries(($threshold, $nodes), <$type>::new);
        }
    };
}

/// Tests one lock whose waiters do not spin; those that obey the threshold spin once, too.
macro_rules! tests {
    ($name:ident, $type:ty, $threshold:expr, [$($fact:ident)*]) => {
        #[allow(non_snake_case, reason = "named after an entry of the list")]
        mod $name {
            use super::*;

            at!($name, $type, $threshold);
            $(with_fact! { $fact $name $type })*

            #[test]
            fn trylock_fails_while_held() {
                super::trylock_fails_while_held(<$type>::new);
            }
        }
    };
}

/// Tests a lock that runs sections on other threads.
macro_rules! delegated {
    ($threshold:expr, $type:ty) => {
        #[test]
        fn delegates_two() {
            delegates([2, 0], 4, $threshold, <$type>::new);
        }

        #[test]
        fn delegates_three() {
            delegates([3, 0], 2, $threshold, <$type>::new);
        }

        #[test]
        fn delegates_to_and_past_a_thread_that_does_not() {
            delegates([3, 1], 2, $threshold, <$type>::new);
        }
    };
}

/// Further tests of a lock with a fact of the list.
macro_rules! with_fact {
    (delegates $name:ident $type:ty) => {
        mod delegation {
            use super::*;

            delegated!(0, $type);
        }
    };
    (shares $name:ident $type:ty) => {
        crate::readers::shares!($name, $type);
    };
    (threshold $name:ident $type:ty) => {
        mod after_a_spin {
            use super::*;

            at!($name, $type, 1);
        }
    };
    (numa $name:ident $type:ty) => {
        mod on_two_nodes {
            use super::*;

            at!($name, $type, 0, 2);

            /// More waiters than loom has threads.
            #[cfg(not(loom))]
            #[test]
            fn excludes_six() {
                excludes(6, 0, (0, 2), <$type>::new);
            }
        }
    };
    ($fact:ident $name:ident $type:ty) => {};
}

/// Tests each algorithm of the list.
macro_rules! listed {
    (Control {$($control:tt)*} Algo {$(
        $(#[doc = $doc:literal])* $lock:ident = $name:literal: $type:ty [$($fact:ident),*];
    )*} Kernel {$($kernel:tt)*}) => {
        $(tests!($lock, $type, 0, [$($fact)*]);)*
    };
}
abi::locks!(listed);

tests!(PvTicketOfOneSlot, lock::PvTicket<1>, 0, []);
tests!(PvQueuedPatient, lock::PvQueued, 3, []);
tests!(FlexGuardPatient, lock::FlexGuard, 3, []);
tests!(DelegationOfNone, lock::Delegation<wait::Spin, 0>, 0, [delegates]);
tests!(DelegationOfOne, lock::Delegation<wait::Spin, 1>, 0, [delegates]);
tests!(DelegationOfOneHalts, lock::Delegation<wait::Halt, 1>, 0, [delegates]);

fn tries<L: Lock + Send + 'static>((threshold, nodes): (u32, u32), new: fn() -> L) {
    check(3, move || {
        let shared = Arc::new((new(), Bare::new()));
        let theirs = shared.clone();
        vcpus(2, move |thread| {
            on_node(thread % nodes);
            let me = waiter(threshold);
            for _ in 0..ROUNDS {
                if thread == 0 {
                    theirs.0.with(&me, || theirs.1.bump());
                } else {
                    let _ = theirs.0.try_with(&me, || theirs.1.bump());
                }
            }
        });
        // It is free again.
        let me = waiter(threshold);
        assert!(shared.0.try_with(&me, || shared.1.bump()).is_some());
        assert!((ROUNDS + 1..=2 * ROUNDS + 1).contains(&shared.1.get()));
    });
}

fn trylock_fails_while_held<L: Lock + Send + 'static>(new: fn() -> L) {
    check(2, move || {
        let (lock, me) = (new(), waiter(0));
        assert!(lock.with(&me, || lock.try_with(&me, || ()).is_none()));
        assert!(lock
            .try_with(&me, || lock.try_with(&me, || ()).is_none())
            .is_some_and(|kept_out| kept_out));
        assert!(lock.try_with(&me, || ()).is_some());
    });
}

#[test]
fn empty_excludes_nothing() {
    check(1, || {
        let (lock, me) = (lock::Empty::new(), waiter(0));
        assert!(lock.with(&me, || lock.try_with(&me, || ()).is_some()));
    });
}

/// Constants that the tools know from `abi`, which `algo` cannot import in the kernel. loom's tickets
/// wrap around in every test.
#[cfg(not(loom))]
#[test]
fn constants_are_those_of_abi() {
    let to_wrap = abi::lock_load::TICKETS_TO_WRAP;
    assert_eq!(lock::FIRST_TICKET.wrapping_add(to_wrap), 0);
    let (tuning, config) = (Tuning::default(), abi::lock_load::Config::default());
    let defaults = (config.threshold, config.backoff, config.overtakes);
    assert_eq!(
        (tuning.threshold, tuning.backoff, tuning.overtakes),
        defaults
    );
}

/// Whether a section runs on the thread of another that holds the lock, once it is asked to.
#[cfg(not(loom))]
#[test]
fn delegation_runs_sections_on_the_holder_in_order_of_arrival() {
    use std::sync::{mpsc, Mutex};
    let lock = lock::Delegation::<wait::Spin>::new();
    let (order, me) = (Mutex::new(Vec::new()), waiter(0));
    let holder = std::thread::current().id();
    std::thread::scope(|scope| {
        lock.with(&me, || {
            for number in 0..4 {
                let (arrives, arrived) = mpsc::channel();
                let (lock, order) = (&lock, &order);
                scope.spawn(move || {
                    let me = waiter(0);
                    arrives.send(()).unwrap();
                    let ran_on = lock.delegate(&me, || {
                        order.lock().unwrap().push(number);
                        std::thread::current().id()
                    });
                    assert_eq!(ran_on, holder);
                });
                arrived.recv().unwrap();
                // No sign but time that it has published its section.
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        });
    });
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
}

/// A thread takes the lock again and again while another waits: no more than `overtakes` of these
/// sections begin past the waiter once it is first.
fn overtakes_at_most(overtakes: u32) {
    check(3, move || {
        let lock = Arc::new(lock::PvQueued::new());
        let counts = Arc::new(std::sync::Mutex::new((0, 0)));
        let all = counts.clone();
        vcpus(2, move |thread| {
            let me = Waiter::new(Tuning {
                threshold: thread,
                backoff: 1,
                overtakes,
                ..Tuning::DEFAULT
            });
            let rounds = if thread == 0 { 3 } else { 1 };
            (0..rounds * ROUNDS).for_each(|_| lock.with(&me, || ()));
            let mut all = all.lock().unwrap();
            all.0 += me.events.pv_lock_stealing.get();
            all.1 += me.events.lock_pending.get();
        });
        let (overtaken, waits) = *counts.lock().unwrap();
        assert!(overtaken <= u64::from(overtakes) * waits);
    });
}

#[test]
fn pv_queued_overtakes_no_first_waiter_at_0() {
    overtakes_at_most(0);
}

#[test]
fn pv_queued_overtakes_a_first_waiter_once_at_1() {
    overtakes_at_most(1);
}

/// A thread holds two locks and releases them by one word, which both of the others watch.
#[test]
fn hemlock_releases_two_locks_by_one_word() {
    check(2, || {
        let new = || (lock::Hemlock::new(), Bare::new());
        let shared = Arc::new([new(), new()]);
        let theirs = shared.clone();
        vcpus(3, move |thread| {
            let (me, [a, b]) = (waiter(0), &*theirs);
            let alone = |(lock, bare): &(lock::Hemlock, Bare)| lock.with(&me, || bare.bump());
            (0..ROUNDS).for_each(|_| match thread {
                0 => a.0.with(&me, || {
                    a.1.bump();
                    alone(b);
                }),
                1 => alone(a),
                _ => alone(b),
            });
        });
        let counts = shared.each_ref().map(|(_, bare)| bare.get());
        assert_eq!(counts, [2 * ROUNDS; 2]);
    });
}

/// Threads of two NUMA nodes, one of them alone on its node: those who were overtaken get their turn after
/// `overtakes` others, each time.
fn turns_come_after<L: Lock + Send + 'static>(overtakes: u32, threads: u32, new: fn() -> L) {
    check(2, move || {
        let shared = Arc::new((new(), Bare::new()));
        let counts = Arc::new(std::sync::Mutex::new((0, 0)));
        let (theirs, all) = (shared.clone(), counts.clone());
        vcpus(threads, move |thread| {
            on_node(u32::from(thread == 1));
            let me = Waiter::new(Tuning {
                threshold: 0,
                backoff: 1,
                overtakes,
                ..Tuning::DEFAULT
            });
            let rounds = if thread == 0 {
                2 * FEW_ROUNDS
            } else {
                FEW_ROUNDS
            };
            (0..rounds).for_each(|_| theirs.0.with(&me, || section(threads, &theirs.1)));
            let mut all = all.lock().unwrap();
            all.0 += me.events.queue_overtakes.get();
            all.1 += me.events.queue_turns.get();
        });
        assert_eq!(shared.1.get(), (threads + 1) * FEW_ROUNDS);
        let (overtaken, turns) = *counts.lock().unwrap();
        assert!(
            overtaken <= u64::from(overtakes) * turns,
            "{overtaken} {turns}"
        );
    });
}

#[test]
fn cna_overtakes_no_waiter_at_0() {
    turns_come_after(0, 3, lock::Cna::<wait::Spin>::new);
}

#[test]
fn cna_serves_a_waiter_of_another_node_after_one_at_1() {
    turns_come_after(1, 3, lock::Cna::<wait::Spin>::new);
}

/// A move needs four waiters and a holder, which are more threads than loom has.
const SHUFFLED: u32 = if cfg!(loom) { 3 } else { 6 };

#[test]
fn shfl_moves_no_waiter_at_0() {
    turns_come_after(0, SHUFFLED, lock::Shfl::<lock::SameNode>::new);
}

#[test]
fn shfl_moves_one_waiter_of_a_group_at_1() {
    turns_come_after(1, SHUFFLED, lock::Shfl::<lock::SameNode>::new);
}

/// Three threads of one node come while the lock is held: a group, of which the last is to shuffle once the
/// first has the lock.
#[cfg(loom)]
#[test]
fn shfl_has_one_shuffler() {
    check(2, || {
        let shared = Arc::new((lock::Shfl::<lock::SameNode>::new(), Bare::new()));
        let threads = shared.0.with(&waiter(0), || {
            let come = |_| {
                let theirs = shared.clone();
                support::thread::spawn(move || theirs.0.with(&waiter(0), || theirs.1.bump()))
            };
            (0..3).map(come).collect::<Vec<_>>()
        });
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(shared.1.get(), 3);
    });
}

/// Threads need not meet the race; loom always does.
#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn busted_is_caught() {
    excludes(2, 2, (0, 1), lock::Busted::new);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn mcs_busted_is_caught() {
    check(2, || {
        // Not loom's: that one cannot be dropped in a panic.
        let lock = std::sync::Arc::new(lock::Mcs::<wait::Busted>::new());
        vcpus(2, move |_| lock.with(&waiter(0), || ()));
    });
}
