// SPDX-License-Identifier: GPL-2.0

//! No number comes twice, and few are left out.

use std::collections::BTreeSet;

use algo::{
    counter::BatchedIds,
    primitive::{on, PerVcpu},
};

use crate::{
    support::{check, together, Arc, ROUNDS},
    Place::{self, *},
};

#[cfg(loom)]
use loom::sync::Mutex;
#[cfg(not(loom))]
use std::sync::Mutex;

/// Two threads at `place` take numbers, in batches of `batch`.
fn unique(place: Place, batch: u32) {
    check(4, move || {
        let ids = Arc::new(BatchedIds::new(PerVcpu::new(2), batch));
        let all = Arc::new(Mutex::new(Vec::new()));
        let (theirs, sink) = (ids.clone(), all.clone());
        together(2, move |i| {
            let mine = std::cell::RefCell::new(Vec::new());
            place.run(i, || {
                (0..3 * ROUNDS).for_each(|_| mine.borrow_mut().push(theirs.next()))
            });
            sink.lock().unwrap().extend(mine.into_inner());
        });
        let all = all.lock().unwrap();
        let set: BTreeSet<u64> = all.iter().copied().collect();
        assert_eq!(set.len(), all.len(), "a number came twice");
        let below = ids.issued() + ids.gaps();
        assert!(set.last().unwrap() < &below);
        assert_eq!(ids.issued(), all.len() as u64);
        assert!(
            ids.gaps() <= ids.bound() + ids.lost(),
            "{} left out",
            ids.gaps()
        );
    });
}

tests! {
    numbers_are_unique_on_two_vcpus: unique(OwnVcpus, 2);
    numbers_are_unique_in_an_interrupt: unique(OneVcpu, 2);
    numbers_are_unique_under_migration: unique(Migrating, 4);
    numbers_are_unique_in_batches_of_one: unique(OwnVcpus, 1);
}

#[test]
fn a_batch_is_given_out_whole_and_in_order() {
    check(1, || {
        let ids = BatchedIds::new(PerVcpu::new(2), 3);
        let first: Vec<u64> = (0..4).map(|_| on(0, || ids.next())).collect();
        assert_eq!(first, [0, 1, 2, 3], "rounded up to 4");
        assert_eq!(on(1, || ids.next()), 4);
        assert_eq!((ids.issued(), ids.gaps(), ids.lost()), (5, 3, 0));
        assert_eq!(on(0, || ids.next()), 8);
        assert_eq!(ids.bound(), 6);
    });
}
