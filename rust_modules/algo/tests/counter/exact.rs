// SPDX-License-Identifier: GPL-2.0

//! Counters that are never off.

use algo::{
    counter::{Busted, Counter, Exact, PercpuExact, Spinlocked},
    primitive::{on, wander, PerVcpu},
};

use crate::support::{check, together, Arc, ROUNDS};

fn loses_nothing<C: Counter + Send + 'static>(make: fn() -> C) {
    check(4, move || {
        let count = Arc::new(make());
        let theirs = count.clone();
        together(2, move |i| {
            on(i, || (0..ROUNDS).for_each(|_| theirs.add(i64::from(i) + 1)));
        });
        assert_eq!(count.read(), 3 * i64::from(ROUNDS));
    });
}

#[test]
fn exact_loses_nothing() {
    loses_nothing(Exact::new);
}

#[test]
fn spinlocked_loses_nothing() {
    loses_nothing(Spinlocked::new);
}

#[test]
fn percpu_exact_loses_nothing() {
    loses_nothing(|| PercpuExact::new(PerVcpu::new(2)));
}

/// A task and what interrupts it are on one vCPU.
#[test]
fn percpu_exact_loses_nothing_to_an_interrupt() {
    check(4, || {
        let count = Arc::new(PercpuExact::new(PerVcpu::new(2)));
        let theirs = count.clone();
        together(2, move |_| (0..ROUNDS).for_each(|_| theirs.add(-3)));
        assert_eq!(count.read(), -6 * i64::from(ROUNDS));
    });
}

#[test]
fn percpu_exact_loses_nothing_to_a_move() {
    check(1, || {
        let count = PercpuExact::new(PerVcpu::new(3));
        wander(|| (0..5).for_each(|n| count.add(n)));
        assert_eq!(count.read(), 10);
    });
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn busted_is_caught() {
    check(2, || {
        let count = Arc::new(Busted::new());
        together(2, move |_| count.add(1));
    });
}

#[test]
fn busted_counts_alone() {
    check(1, || {
        let count = Busted::new();
        count.add(3);
        assert_eq!(count.read(), 3);
    });
}
