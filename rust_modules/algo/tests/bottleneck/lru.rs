// SPDX-License-Identifier: GPL-2.0

//! Each page is on one list, one thread evicts it, and used pages stay as far as promised.

use algo::{
    bottleneck::lru::{
        Batch, Batched, Lazy, Lru, Oracle, Page, PerNode, Queue, Single, Touch, Users,
    },
    lock::{Busted, Lock, Tas},
    primitive::on,
    Waiter,
};

use crate::{check, findings, many, passes, race, waiter, Random, ROUNDS};

fn touch<L: Lock>(pages: u32) -> Single<L, Vec<Page>, Touch> {
    Single::new(many(pages), Touch)
}

fn lazy<L: Lock>(pages: u32) -> Single<L, Vec<Page>, Lazy> {
    Single::new(many(pages), Lazy)
}

fn batched<L: Lock>(pages: u32) -> Single<L, Vec<Page>, Batched<Vec<Batch>>> {
    Single::new(many(pages), Batched(many(2)))
}

fn pernode<L: Lock>(pages: u32) -> PerNode<Vec<Page>, Vec<Queue<L>>> {
    PerNode::new(many(pages), many(2))
}

/// Two threads on two vCPUs run `step` on `pages` pages.
fn used_by<U: Lru + Send + 'static>(
    lru: fn(u32) -> U,
    pages: u32,
    step: impl Fn(&Users<U, Vec<Oracle>>, u32, &Waiter) + Copy + Send + Sync + 'static,
) {
    let new = move || Users::new(lru(pages), many(pages), &waiter());
    race(2, 2, new, step, |users| users.audit(&waiter(), &mut passes));
}

/// Two threads use pages, and evict some.
fn used<U: Lru + Send + 'static>(lru: fn(u32) -> U) {
    let pages = if cfg!(loom) { 3 } else { 12 };
    used_by(lru, pages, |users, thread, me| {
        let mut random = Random::of(thread);
        for round in 0..ROUNDS {
            if cfg!(loom) && thread == 1 {
                // A batch, of touches of the page that is evicted meanwhile.
                (0..15).for_each(|_| users.touch(0, me));
            } else if cfg!(loom) || round % 8 == 0 {
                assert_eq!(users.renew(me), Ok(()));
            } else {
                users.touch(random.next(), me);
            }
        }
    });
}

/// Both threads evict pages: never the same one.
fn evicted<U: Lru + Send + 'static>(lru: fn(u32) -> U) {
    used_by(lru, 3, |users, _, me| {
        (0..ROUNDS).for_each(|_| assert_eq!(users.renew(me), Ok(())));
    });
}

/// Returns the pages in the order of eviction, after some were used.
fn order(lru: impl Lru, used: &[u32]) -> Vec<u32> {
    let me = waiter();
    on(0, || {
        (0..4).for_each(|page| lru.add(page, &me));
        used.iter().for_each(|&page| lru.touch(page, &me));
        let order = std::iter::from_fn(|| lru.evict(&me)).collect();
        used.iter().for_each(|&page| lru.touch(page, &me));
        assert_eq!(lru.evict(&me), None, "a touch listed an evicted page");
        order
    })
}

tests! {
    touch_keeps_pages_on_one_list => used(touch::<Tas>);
    lazy_keeps_pages_on_one_list => used(lazy::<Tas>);
    batched_keeps_pages_on_one_list => used(batched::<Tas>);
    pernode_keeps_pages_on_one_list => used(pernode::<Tas>);
    no_page_is_evicted_twice => {
        evicted(touch::<Tas>);
        evicted(lazy::<Tas>);
        evicted(pernode::<Tas>);
    };
    // Threads may miss the race, so only loom runs it.
    #[cfg(loom)]
    #[should_panic(expected = "left == right")]
    lock_without_exclusion_is_caught => evicted(touch::<Busted>);
    touch_evicts_used_pages_last => check(1, || {
        assert_eq!(order(touch::<Busted>(4), &[]), [0, 1, 2, 3]);
        assert_eq!(order(touch::<Busted>(4), &[0, 2]), [1, 3, 0, 2]);
        assert_eq!(order(pernode::<Busted>(4), &[0, 2]), [0, 2, 1, 3]);
        assert_eq!(order(pernode::<Busted>(4), &[0, 1]), [2, 0, 3, 1]);
    });
    lazy_gives_used_pages_a_second_chance => check(1, || {
        assert_eq!(order(lazy::<Busted>(4), &[2, 0]), [1, 3, 0, 2]);
        assert_eq!(order(lazy::<Busted>(4), &[3, 2, 1, 0]), [0, 1, 2, 3]);
    });
    batched_moves_pages_when_the_batch_is_full => check(1, || {
        assert_eq!(order(batched::<Busted>(4), &[0; 14]), [0, 1, 2, 3]);
        let mut used = [0; 15];
        used[14] = 1;
        assert_eq!(order(batched::<Busted>(4), &used), [2, 3, 0, 1]);
    });
    // More steps than loom follows.
    #[cfg(not(loom))]
    next_batch_begins_empty => {
        let used = [&[2; 15][..], &[0; 14]].concat();
        assert_eq!(order(batched::<Busted>(4), &used), [0, 1, 3, 2]);
    };
}

#[test]
fn oracle_reports_lost_and_doubled_pages() {
    /// Lists page 1 twice, and no other.
    struct Stuck;
    impl Lru for Stuck {
        fn add(&self, _: u32, _: &Waiter) {}
        fn touch(&self, _: u32, _: &Waiter) {}
        fn evict(&self, _: &Waiter) -> Option<u32> {
            None
        }
        fn walk(&self, _: &Waiter, see: &mut dyn FnMut(u32)) {
            [1, 1].into_iter().for_each(see);
        }
    }
    check(1, || {
        let (users, me) = (Users::new(Stuck, many::<Oracle>(2), &waiter()), waiter());
        assert_eq!(users.renew(&me), Err("none_left"));
        assert_eq!(findings(|to| users.audit(&me, to)), [(0, 2), (2, 2)]);
    });
}
