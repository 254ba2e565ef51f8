// SPDX-License-Identifier: GPL-2.0

//! Bounded bypass, as samplers record and report it.

extern crate std;

use core::{
    cell::Cell,
    time::Duration, //
};
use std::{
    string::String,
    sync::Barrier,
    thread, //
};

use abi::lock_load::ServiceOrder;
use algo::{
    lock::{
        Lock,
        Reciprocating, //
    },
    wait::Spin,
    Waiter, //
};

use super::history::{
    report,
    run,
    Steal,
    THREADS, //
};
use crate::*;

/// A thread arrives and enters as often as `sections` says, all while another one waits.
fn overtaken(sections: u64) -> String {
    let run = run(ServiceOrder::BypassOnce);
    let threads = [1, 2].map(|index| {
        let me = Waiter::default();
        let sampler = Sampler::new(&run, index, &me, Steal(Cell::new(None))).unwrap();
        (me, sampler)
    });
    let [(waiter, of_waiter), (other, of_other)] = &threads;
    of_waiter.batch(waiter, || {
        waiter.begin_wait();
        thread::sleep(Duration::from_millis(1));
        of_other.batch(other, || {
            (0..sections).for_each(|done| of_other.end_timed(of_other.begin_timed(other, done)));
            sections
        });
        of_waiter.end_timed(of_waiter.begin_timed(waiter, 0));
        1
    });
    report(&run)
}

#[test]
fn thread_that_overtakes_a_waiter_twice_breaks_the_bound() {
    for (sections, line) in [
        (1, "bypass once=held exceeded=0\n"),
        (2, "bypass once=broken exceeded=1\n"),
        (3, "bypass once=broken exceeded=1\n"),
    ] {
        let text = overtaken(sections);
        assert!(text.contains(line), "{sections} sections: {text}");
    }
}

#[test]
fn reciprocating_keeps_the_bound() {
    let (run, lock) = (run(ServiceOrder::BypassOnce), Reciprocating::<Spin>::new());
    let all_are_there = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for index in 0..THREADS {
            let (run, lock, all_are_there) = (&run, &lock, &all_are_there);
            scope.spawn(move || {
                let me = Waiter::default();
                let sampler = Sampler::new(run, index, &me, Steal(Cell::new(None))).unwrap();
                all_are_there.wait();
                for _ in 0..5 {
                    sampler.batch(&me, || {
                        (0..10).for_each(|done| {
                            lock.with(&me, || {
                                let entered = sampler.begin_timed(&me, done);
                                // The others arrive meanwhile, however few CPUs there are.
                                thread::yield_now();
                                sampler.end_timed(entered);
                            });
                        });
                        10
                    });
                }
                sampler.close(&me);
            });
        }
    });
    let text = report(&run);
    assert!(text.contains("bypass once=held exceeded=0\n"), "{text}");
}
