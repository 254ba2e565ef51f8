// SPDX-License-Identifier: GPL-2.0

//! Three levels lose nothing either, and each holds back what it may.

use std::num::NonZeroU32;

use algo::{
    counter::{Counter, Hierarchical},
    primitive::{on, wander, PerVcpu},
};

use crate::{
    support::{check, together, Arc, ROUNDS},
    OneIsLeft, Vcpus,
};

/// On `vcpus`, so many `in_node`.
fn count(vcpus: u32, in_node: u32, thresholds: [u32; 2]) -> Hierarchical {
    let in_node = NonZeroU32::new(in_node).unwrap();
    Hierarchical::new(PerVcpu::new(vcpus), thresholds, in_node)
}

fn is(count: &Hierarchical, sum: i64) {
    assert_eq!(count.sum(), sum);
    assert!(sum.abs_diff(count.read()) <= count.bound());
}

/// Two threads, on vCPUs of one node or of two.
fn two(in_node: u32, on_vcpu: fn(u32) -> u32) {
    check(4, move || {
        let count = Arc::new(count(2, in_node, [2, 4]));
        let theirs = count.clone();
        together(2, move |i| {
            on(on_vcpu(i), || (0..2 * ROUNDS).for_each(|_| theirs.add(2)));
        });
        is(&count, 8 * i64::from(ROUNDS));
        let nodes: i64 = (0..2).map(|node| count.held_by_node(node)).sum();
        // Two is the threshold of a vCPU: it holds nothing back.
        assert_eq!(count.read() + nodes, 8 * i64::from(ROUNDS));
    });
}

#[test]
fn two_nodes_lose_nothing() {
    two(1, |i| i);
}

#[test]
fn one_node_loses_nothing() {
    two(2, |i| i);
}

#[test]
fn an_interrupt_loses_nothing() {
    two(1, |_| 0);
}

#[test]
fn a_task_that_is_moved_loses_nothing() {
    check(2, || {
        let count = Arc::new(count(2, 1, [2, 3]));
        let theirs = count.clone();
        together(2, move |_| {
            wander(|| (0..2 * ROUNDS).for_each(|_| theirs.add(1)))
        });
        is(&count, 4 * i64::from(ROUNDS));
    });
}

#[test]
fn each_level_holds_back_less_than_its_threshold() {
    check(1, || {
        let (count, mut truth) = (count(4, 2, [3, 10]), 0);
        for (vcpu, n) in [
            (0, 1),
            (1, 2),
            (2, 3),
            (3, 1),
            (0, 8),
            (1, 2),
            (2, -2),
            (2, -9),
            (3, 4),
        ] {
            on(vcpu, || count.add(n));
            truth += n;
            assert!((0..2).all(|node| count.held_by_node(node).unsigned_abs() < 10));
            is(&count, truth);
        }
        assert_eq!(
            count.held_by_node(0) + count.held_by_node(1) + count.read(),
            10
        );
    });
}

#[test]
fn a_fold_empties_every_level() {
    check(1, || {
        let count = count(4, 2, [100, 100]);
        (0..4).for_each(|vcpu| on(vcpu, || count.add(i64::from(vcpu) + 1)));
        count.fold_all(&OneIsLeft(4));
        assert_eq!(
            (count.read(), count.held_by_node(0), count.held_by_node(1)),
            (10, 0, 0)
        );
        on(3, || count.add(5));
        count.fold_all(&Vcpus(4));
        assert_eq!(count.read(), 15);
        count.fold_dead(9);
        is(&count, 15);
    });
}
