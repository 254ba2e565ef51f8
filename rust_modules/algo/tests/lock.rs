// SPDX-License-Identifier: GPL-2.0

//! Every lock excludes, under every way of waiting, and what one holder did the next one sees.
//!
//! A wait that nobody ends is a deadlock, which loom reports and threads would hang on: so each
//! test here is one of the wake-ups too.

mod support;
use support::{check, Arc, Bare, ROUNDS};

use algo::{
    lock::{
        Clh, Empty, Lock, Mcs, PreemptableTicket, PvByte, PvQueued, PvTicket, Tas, Ticket, Ttas,
    },
    wait::{Halt, Spin, SpinThenHalt, Yield},
    Tuning, Waiter,
};

/// A thread that halts after `threshold` looks, and pauses no longer than it must.
fn waiter(threshold: u32) -> Waiter {
    Waiter::new(Tuning {
        threshold,
        backoff: 1,
        overtakes: 128,
    })
}

/// Runs `work` on `threads` threads and waits for all.
///
/// In loom the caller is none of them: a kick that comes late, for a wait that is over, would end
/// the caller's wait for the others as well.
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

/// Two threads deep, three bounded (by 2, unless said), and one of two that only tries.
macro_rules! excludes {
    ($($name:ident: $lock:ty, $threshold:expr $(, three: $bound:expr)?;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn excludes_two() {
                excludes(2, 4, $threshold, <$lock>::new);
            }

            #[test]
            fn excludes_three() {
                let bound = [$($bound,)? 2][0];
                excludes(3, bound, $threshold, <$lock>::new);
            }

            #[test]
            fn excludes_who_tries() {
                super::excludes_who_tries($threshold, <$lock>::new);
            }

            #[test]
            fn is_tried_once_while_held() {
                super::is_tried_once_while_held(<$lock>::new);
            }
        }
    )*};
}

excludes! {
    tas: Tas, 0;
    ttas: Ttas, 0;
    ticket: Ticket, 0;
    mcs_spinning: Mcs<Spin>, 0;
    mcs_halting: Mcs<Halt>, 0;
    mcs_spinning_then_halting: Mcs<SpinThenHalt>, 1;
    mcs_yielding: Mcs<Yield>, 0;
    clh_spinning: Clh<Spin>, 0;
    clh_halting: Clh<Halt>, 0;
    clh_spinning_then_halting: Clh<SpinThenHalt>, 1;
    pv_byte: PvByte, 1;
    pv_byte_halting: PvByte, 0;
    pv_ticket: PvTicket, 1;
    pv_ticket_halting: PvTicket, 0;
    pv_ticket_of_one_slot: PvTicket<1>, 0;
    preemptable_ticket: PreemptableTicket, 1, three: 1;
    preemptable_ticket_impatient: PreemptableTicket, 0, three: 1;
    pv_queued: PvQueued, 1;
    pv_queued_patient: PvQueued, 3;
    pv_queued_halting: PvQueued, 0;
}

fn excludes_who_tries<L: Lock + Send + 'static>(threshold: u32, new: fn() -> L) {
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
        // It is free again, whoever had it last.
        let me = waiter(threshold);
        assert!(shared.0.try_with(&me, || shared.1.bump()).is_some());
        assert!((ROUNDS + 1..=2 * ROUNDS + 1).contains(&shared.1.get()));
    });
}

fn is_tried_once_while_held<L: Lock + Send + 'static>(new: fn() -> L) {
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
fn empty_keeps_nobody_out() {
    check(1, || {
        let (lock, me) = (Empty::new(), waiter(0));
        assert!(lock.with(&me, || lock.try_with(&me, || ()).is_some()));
    });
}

/// Tickets that are about to wrap around; those of `PvTicket` are even.
#[test]
fn tickets_wrap_around() {
    excludes(2, 4, 0, || Ticket::starting_at(u32::MAX));
    excludes(2, 4, 0, || PvTicket::<64>::starting_at(u32::MAX - 1));
    excludes(2, 4, 1, || PvTicket::<64>::starting_at(u32::MAX - 1));
    excludes(2, 4, 1, || PreemptableTicket::starting_at(u32::MAX));
}

#[test]
fn three_tickets_wrap_around() {
    excludes(3, 2, 0, || Ticket::starting_at(u32::MAX - 1));
    excludes(3, 2, 0, || PvTicket::<64>::starting_at(u32::MAX - 3));
    excludes(3, 1, 1, || PreemptableTicket::starting_at(u32::MAX - 1));
}

/// A thread goes on taking the lock while another waits for it: of those sections, no more than
/// `overtakes` begin past the other once it is first.
#[test]
fn a_first_waiter_is_overtaken_so_often_and_no_more() {
    for overtakes in [0, 1] {
        check(3, move || {
            let lock = Arc::new(PvQueued::new());
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
}

/// Without loom the race is in the program but need not show, so only loom is asked.
#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn busted_is_caught() {
    excludes(2, 2, 0, algo::lock::Busted::new);
}

/// And a thread whose wake-up is lost would hang.
#[cfg(loom)]
#[test]
#[should_panic(expected = "deadlock")]
fn a_kick_that_is_dropped_is_caught() {
    check(2, || {
        // Not loom's: that one cannot be dropped in a panic.
        let lock = std::sync::Arc::new(Mcs::<algo::wait::Busted>::new());
        vcpus(2, move |_| lock.with(&waiter(0), || ()));
    });
}
