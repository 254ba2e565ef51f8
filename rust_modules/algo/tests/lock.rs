// SPDX-License-Identifier: GPL-2.0

//! Mutual exclusion of every lock of the list in `abi/lock_load/locks.rs`, and visibility of what
//! the previous holder wrote.
//!
//! A lost wake-up is a deadlock, which loom reports and threads hang on, so each test also tests the
//! wake-ups.

#[path = "lock/readers.rs"]
mod readers;
mod support;
use support::{check, Arc, Bare, ROUNDS};

use algo::{
    lock::{self, Lock},
    wait, Tuning, Waiter,
};

/// A thread that halts after `threshold` iterations, with the shortest backoff.
fn waiter(threshold: u32) -> Waiter {
    Waiter::new(Tuning {
        threshold,
        backoff: 1,
        overtakes: 128,
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
    threshold: u32,
    new: fn() -> L,
) {
    check(preemptions, move || {
        let shared = Arc::new((new(), Bare::new()));
        let theirs = shared.clone();
        vcpus(threads, move |_| {
            let me = waiter(threshold);
            (0..ROUNDS).for_each(|_| theirs.0.with(&me, || theirs.1.bump()));
        });
        assert_eq!(shared.1.get(), threads * ROUNDS);
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

/// Tests one lock at one spin threshold: two threads deep, three bounded, and one that only tries.
macro_rules! at {
    ($name:ident, $type:ty, $threshold:expr) => {
        #[test]
        fn excludes_two() {
            excludes(2, 4, $threshold, <$type>::new);
        }

        #[test]
        fn excludes_three() {
            excludes(3, of_three(stringify!($name)), $threshold, <$type>::new);
        }

        #[test]
        fn excludes_a_trylock() {
            tries($threshold, <$type>::new);
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
            $(with! { $fact $name $type })*

            #[test]
            fn trylock_fails_while_held() {
                super::trylock_fails_while_held(<$type>::new);
            }
        }
    };
}

/// Tests of what a fact promises.
macro_rules! with {
    (shares $name:ident $type:ty) => {
        crate::readers::shares!($name, $type);
    };
    (threshold $name:ident $type:ty) => {
        mod after_a_spin {
            use super::*;

            at!($name, $type, 1);
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

fn tries<L: Lock + Send + 'static>(threshold: u32, new: fn() -> L) {
    check(3, move || {
        let shared = Arc::new((new(), Bare::new()));
        let theirs = shared.clone();
        vcpus(2, move |thread| {
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

/// Threads need not meet the race; loom always does.
#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn busted_is_caught() {
    excludes(2, 2, 0, lock::Busted::new);
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
