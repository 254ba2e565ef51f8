// SPDX-License-Identifier: GPL-2.0

//! Three levels lose nothing either, and each holds back what it may.

use std::num::NonZeroU32;

use algo::{
    counter::{Counter, Hierarchical},
    primitive::{on, PerVcpu},
};

use crate::{
    support::{check, share, Arc, ROUNDS},
    OneIsLeft, Vcpus,
};

/// On `vcpus`, so many `in_node`.
fn count(vcpus: u32, in_node: u32, thresholds: [u32; 2]) -> Hierarchical {
    let in_node = NonZeroU32::new(in_node).unwrap();
    Hierarchical::new(PerVcpu::new(vcpus), thresholds, in_node)
}

pub fn is(count: &Hierarchical, sum: i64) {
    assert_eq!(count.sum(), sum);
    assert!(sum.abs_diff(count.read()) <= count.bound());
}

#[test]
fn each_level_holds_back_less_than_its_threshold() {
    check(1, || {
        let (count, mut truth) = (count(4, 2, [3, 10]), 0);
        let vcpus = [0, 1, 2, 3, 0, 1, 2, 2, 3];
        let amounts = [1, 2, 3, 1, 8, 2, -2, -9, 4];
        for (vcpu, n) in vcpus.into_iter().zip(amounts) {
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

/// A reader that is preempted while another vCPU adds 2³¹ and more.
#[test]
fn the_sum_is_right_however_much_others_add_meanwhile() {
    const MUCH: i64 = 1 << 30;
    check(2, || {
        let count = Arc::new(count(2, 1, [2, 2]));
        let most = 3 * i64::from(ROUNDS);
        share(&count, move |theirs, i| {
            if i == 0 {
                on(0, || (0..most).for_each(|_| theirs.add(MUCH)));
            } else {
                let sum = theirs.sum();
                assert!(
                    (0..=most).contains(&(sum / MUCH)) && sum % MUCH == 0,
                    "{sum}"
                );
            }
        });
        is(&count, most * MUCH);
    });
}
