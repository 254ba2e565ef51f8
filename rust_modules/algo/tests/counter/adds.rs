// SPDX-License-Identifier: GPL-2.0

//! Additions of two threads, wherever they run: the sum is exact.

use std::num::NonZeroU32;

use algo::{
    counter::{Busted, Counter, Exact, Hierarchical, PercpuExact, Sloppy, Spinlocked, NODES},
    primitive::PerVcpu,
};

use crate::{
    support::{check, share, Arc, ROUNDS},
    Place::{self, *},
};

/// Two threads at `place` make `adds` additions of `add` each round; `is` compares with the truth.
fn loses_nothing<C: Counter + Send + 'static>(
    place: Place,
    preemptions: usize,
    make: impl Fn() -> C + Sync + Send + 'static,
    (adds, add): (u32, fn(u32) -> i64),
    is: fn(&C, i64),
) {
    check(preemptions, move || {
        let count = Arc::new(make());
        share(&count, move |theirs, i| {
            place.run(i, || {
                (0..adds * ROUNDS).for_each(|_| theirs.add(add(i)));
            });
        });
        is(&count, (add(0) + add(1)) * i64::from(adds * ROUNDS));
    });
}

/// One or two.
fn small(i: u32) -> i64 {
    i64::from(i) + 1
}

/// A counter whose read is exact.
fn exact<C: Counter + Send + 'static>(place: Place, preemptions: usize, make: fn() -> C) {
    let is = |count: &C, sum| assert_eq!(count.read(), sum);
    loses_nothing(place, preemptions, make, (1, small), is);
}

fn percpu() -> PercpuExact {
    PercpuExact::new(PerVcpu::new(2))
}

tests! {
    exact_loses_nothing: exact(OwnVcpus, 4, Exact::new);
    spinlocked_loses_nothing: exact(OwnVcpus, 4, Spinlocked::new);
    percpu_exact_loses_nothing: exact(OwnVcpus, 4, percpu);
    percpu_exact_loses_nothing_to_an_interrupt: exact(OneVcpu, 4, percpu);
    percpu_exact_loses_nothing_to_migration: exact(Migrating, 4, percpu);
}

/// A sloppy counter of two vCPUs, whose sum is exact and whose read is within its bound.
fn sloppy(place: Place, threshold: u32, add: fn(u32) -> i64) {
    let make = move || Sloppy::new(PerVcpu::new(2), threshold);
    loses_nothing(place, 4, make, (2, add), crate::sloppy::is);
}

tests! {
    sloppy_loses_nothing: sloppy(OwnVcpus, 2, small);
    sloppy_loses_nothing_when_it_counts_down: sloppy(OwnVcpus, 3, |i| 1 - 2 * i64::from(i));
    sloppy_loses_nothing_to_an_interrupt: sloppy(OneVcpu, 2, small);
    sloppy_loses_nothing_to_migration: sloppy(Migrating, 2, |_| 1);
    sloppy_loses_no_large_amount: sloppy(OwnVcpus, 1 << 20, |i| (1 << 40) + i64::from(i));
    sloppy_with_threshold_one_is_exact: {
        sloppy(OwnVcpus, 1, |_| 1);
        check(1, || assert_eq!(Sloppy::new(PerVcpu::new(2), 1).bound(), 0));
    };
}

/// A hierarchical counter of two vCPUs, so many `in_node`.
fn hierarchical(
    place: Place,
    preemptions: usize,
    in_node: u32,
    node_threshold: u32,
    add: fn(u32) -> i64,
) {
    let in_node = NonZeroU32::new(in_node).unwrap();
    let make = move || Hierarchical::new(PerVcpu::new(2), [2, node_threshold], in_node);
    loses_nothing(place, preemptions, make, (2, add), |count, sum| {
        crate::hierarchical::is(count, sum);
        let nodes: i64 = (0..NODES).map(|node| count.held_by_node(node)).sum();
        let vcpus: i64 = (0..2).map(|vcpu| count.held(vcpu)).sum();
        assert_eq!(count.read() + nodes + vcpus, sum);
    });
}

tests! {
    two_nodes_lose_nothing: hierarchical(OwnVcpus, 4, 1, 4, |_| 2);
    one_node_loses_nothing: hierarchical(OwnVcpus, 4, 2, 4, |_| 2);
    a_node_loses_nothing_to_an_interrupt: hierarchical(OneVcpu, 4, 1, 4, |_| 2);
    a_node_loses_nothing_to_migration: hierarchical(Migrating, 2, 1, 3, |_| 1);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn busted_is_caught() {
    exact(OwnVcpus, 2, Busted::new);
}

#[test]
fn busted_counts_alone() {
    check(1, || {
        let count = Busted::new();
        count.add(3);
        assert_eq!(count.read(), 3);
    });
}
