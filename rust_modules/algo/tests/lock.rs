// SPDX-License-Identifier: GPL-2.0

//! Every lock excludes, under every way of waiting, and what one holder did the next one sees.

mod support;
use support::{check, together, Arc, Bare, ROUNDS};

use algo::{
    lock::{Clh, Lock, Mcs, PreemptableTicket, PvByte, PvQueued, PvTicket, Tas, Ticket, Ttas},
    wait::{Halt, Spin, SpinThenHalt, Yield},
    Tuning, Waiter,
};

/// A thread that halts after one look, and pauses no longer than it must.
fn waiter() -> Waiter {
    Waiter::new(Tuning {
        threshold: 1,
        backoff: 1,
        ..Tuning::default()
    })
}

fn excludes<L: Lock + Send + 'static>(threads: u32, preemptions: usize, new: fn() -> L) {
    check(preemptions, move || {
        let shared = Arc::new((new(), Bare::new()));
        let theirs = shared.clone();
        together(threads, move |_| {
            let me = waiter();
            (0..ROUNDS).for_each(|_| theirs.0.with(&me, || theirs.1.bump()));
        });
        assert_eq!(shared.1.get(), threads * ROUNDS);
    });
}

macro_rules! excludes {
    ($($lock:ty: $two:ident, $three:ident;)*) => {$(
        #[test]
        fn $two() {
            excludes(2, 4, <$lock>::new);
        }

        #[test]
        fn $three() {
            excludes(3, 2, <$lock>::new);
        }
    )*};
}

excludes! {
    Tas: tas_excludes_two, tas_excludes_three;
    Ttas: ttas_excludes_two, ttas_excludes_three;
    Ticket: ticket_excludes_two, ticket_excludes_three;
    Mcs<Spin>: mcs_spinning_excludes_two, mcs_spinning_excludes_three;
    Mcs<Halt>: mcs_halting_excludes_two, mcs_halting_excludes_three;
    Mcs<Yield>: mcs_yielding_excludes_two, mcs_yielding_excludes_three;
    Clh<Spin>: clh_spinning_excludes_two, clh_spinning_excludes_three;
    Clh<Halt>: clh_halting_excludes_two, clh_halting_excludes_three;
    Clh<SpinThenHalt>: clh_spinning_then_halting_excludes_two, clh_spinning_then_halting_excludes_three;
    PvByte: pv_byte_excludes_two, pv_byte_excludes_three;
    PvTicket: pv_ticket_excludes_two, pv_ticket_excludes_three;
    PreemptableTicket: preemptable_ticket_excludes_two, preemptable_ticket_excludes_three;
    PvQueued: pv_queued_excludes_two, pv_queued_excludes_three;
    Mcs<SpinThenHalt>: mcs_spinning_then_halting_excludes_two, mcs_spinning_then_halting_excludes_three;
}

#[test]
fn ticket_excludes_across_the_wrap() {
    excludes(2, 4, || Ticket::starting_at(u32::MAX));
}

/// A halt that nobody ends is a deadlock, which loom reports and threads would hang on.
#[test]
fn every_halt_is_ended_by_a_kick() {
    check(4, || {
        let lock = Arc::new(Mcs::<Halt>::new());
        together(2, move |_| {
            let me = waiter();
            (0..ROUNDS).for_each(|_| lock.with(&me, || ()));
        });
    });
}

/// Without loom the race is in the program but need not show, so only loom is asked.
#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn busted_is_caught() {
    excludes(2, 2, algo::lock::Busted::new);
}
