// SPDX-License-Identifier: GPL-2.0

//! Order of service of `reciprocating`: a segment is served in reverse order of arrival, and each other
//! thread overtakes a waiter at most once.
//!
//! A waiting policy of the tests notes when a wait begins, which is after the exchange that puts the waiter
//! on the stack. So the sections that others begin from there on, until the waiter's own, are no more than
//! those in its wait.
#![allow(unsafe_code, reason = "implements `Wait::signal`")]

use std::{
    cell::RefCell,
    sync::{Arc, Mutex},
};

use algo::{
    lock::{Lock, Reciprocating},
    primitive::Vcpu,
    wait::{Spin, Wait},
    Tuning, Waiter,
};

use crate::{support::check, vcpus};

const MOST_THREADS: usize = 3;

/// What the threads of a test did so far.
#[derive(Default)]
struct Notes {
    /// Waits that have begun.
    waits: u32,
    /// Sections that each thread has begun.
    begun: [u32; MOST_THREADS],
    /// Those of all threads when the last wait of each began.
    at_wait: [[u32; MOST_THREADS]; MOST_THREADS],
    /// Threads in the order of their sections.
    #[cfg(not(loom))]
    order: Vec<usize>,
}

std::thread_local! {
    // loom's threads are one of the host's, and of one test.
    static NOTES: RefCell<Arc<Mutex<Notes>>> = RefCell::default();
}

fn note<R>(note: impl FnOnce(&mut Notes) -> R) -> R {
    NOTES.with_borrow(|notes| note(&mut notes.lock().unwrap()))
}

/// Spins, and notes when the wait begins.
struct Noting(Spin);

impl Wait for Noting {
    fn new() -> Self {
        Self(Spin::new())
    }

    fn wait(&self, ahead: Option<Vcpu>, me: &Waiter) {
        note(|notes| {
            notes.waits += 1;
            notes.at_wait[number(me)] = notes.begun;
        });
        self.0.wait(ahead, me);
    }

    unsafe fn signal(this: *const Self, me: &Waiter) {
        // SAFETY: As `this` is, by the contract of the function.
        unsafe { Spin::signal(core::ptr::addr_of!((*this).0), me) };
    }
}

/// The thread of that number, which the lock does not read.
fn thread(number: usize) -> Waiter {
    Waiter::new(Tuning {
        overtakes: number as u32,
        ..Tuning::DEFAULT
    })
}

fn number(me: &Waiter) -> usize {
    me.tuning.overtakes as usize
}

/// Takes the lock, and checks the bound if it had to wait.
fn section(lock: &Reciprocating<Noting>, me: &Waiter) {
    let waits = me.events.lock_slowpath.get();
    lock.with(me, || {
        note(|notes| {
            let mine = number(me);
            if me.events.lock_slowpath.get() > waits {
                let since = notes.at_wait[mine].iter().zip(&notes.begun);
                let most = since.map(|(then, now)| now - then).max();
                // One for an arrival before the waiter, one for an arrival after it.
                assert!(most <= Some(2), "{most:?} sections of one thread");
            }
            notes.begun[mine] += 1;
        });
    });
}

/// Each thread goes through as many sections as its entry of `sections` says.
fn bypass_is_bounded(preemptions: usize, sections: &'static [u32]) {
    check(preemptions, move || {
        let notes = Arc::<Mutex<Notes>>::default();
        let lock = crate::support::Arc::new(Reciprocating::new());
        vcpus(sections.len() as u32, move |i| {
            NOTES.set(notes.clone());
            let me = thread(i as usize);
            (0..sections[i as usize]).for_each(|_| section(&lock, &me));
        });
    });
}

#[test]
fn reciprocating_is_overtaken_once_by_each_thread() {
    #[cfg(loom)]
    bypass_is_bounded(3, &[4, 1]);
    #[cfg(not(loom))]
    bypass_is_bounded(0, &[20_000, 20_000, 20_000]);
}

/// Threads 0, 1 and 2 arrive in this order while the lock is held, and each again after its section, while the
/// next one is in its own.
#[cfg(not(loom))]
#[test]
fn reciprocating_serves_a_segment_in_reverse() {
    let notes = Arc::<Mutex<Notes>>::default();
    let lock = Reciprocating::<Noting>::new();
    NOTES.set(notes.clone());
    let wait_for_waits = |waits| {
        while note(|notes| notes.waits) < waits {
            std::thread::yield_now();
        }
    };
    let sections = |i| {
        NOTES.set(notes.clone());
        let me = thread(i);
        for round in 0..2 {
            lock.with(&me, || {
                note(|notes| notes.order.push(i));
                if round == 0 {
                    // All three have waited, and those served before this one wait again.
                    wait_for_waits(5 - i as u32);
                }
            });
        }
    };
    std::thread::scope(|scope| {
        let sections = &sections;
        lock.with(&thread(0), || {
            for i in 0..3 {
                scope.spawn(move || sections(i));
                wait_for_waits(1 + i as u32);
            }
        });
    });
    assert_eq!(note(|notes| notes.order.clone()), [2, 1, 0, 1, 2, 0]);
}
