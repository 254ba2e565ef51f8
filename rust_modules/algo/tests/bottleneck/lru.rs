// SPDX-License-Identifier: GPL-2.0

//! Each page is on one list, is taken by one thread, and those in use stay, as far as promised.

use algo::{
    bottleneck::lru::{Batch, Batched, Lazy, Lru, Page, PerNode, Queue, Touch, Truth, Work},
    lock::{Busted, Lock, Tas},
    primitive::on,
};

use crate::{
    found,
    support::{check, together, Arc, ROUNDS},
    waiter, Dice,
};

fn pages(n: u32) -> Vec<Page> {
    (0..n).map(|_| Page::new()).collect()
}

fn touch<L: Lock>(n: u32) -> Touch<L, Vec<Page>> {
    Touch::new(pages(n))
}

fn lazy<L: Lock>(n: u32) -> Lazy<L, Vec<Page>> {
    Lazy::new(pages(n))
}

fn batched<L: Lock>(n: u32) -> Batched<L, Vec<Page>, Vec<Batch>> {
    Batched::new(pages(n), vec![Batch::new(), Batch::new()])
}

fn pernode<L: Lock>(n: u32) -> PerNode<Vec<Page>, Vec<Queue<L>>> {
    PerNode::new(pages(n), vec![Queue::new(), Queue::new()])
}

/// Two threads on two vCPUs: they use pages, and take some.
fn users<U: Lru + Send + 'static>(lru: fn(u32) -> U) {
    let pages = if cfg!(loom) { 3 } else { 12 };
    check(2, move || {
        let truths: Vec<_> = (0..pages).map(|_| Truth::new()).collect();
        let work = Arc::new(Work::new(lru(pages), truths, &waiter()));
        let theirs = work.clone();
        together(2, move |thread| {
            let (mut dice, me) = (Dice::of(thread), waiter());
            on(thread, || {
                for round in 0..ROUNDS {
                    if cfg!(loom) && thread == 1 {
                        // A batch, of uses of the page that is taken meanwhile.
                        (0..15).for_each(|_| theirs.touch(0, &me));
                    } else if cfg!(loom) || round % 8 == 0 {
                        assert_eq!(theirs.renew(&me), Ok(()));
                    } else {
                        theirs.touch(dice.roll(), &me);
                    }
                }
            });
        });
        work.settle(&waiter(), &mut found);
    });
}

#[test]
fn users_of_one_list() {
    users(touch::<Tas>);
}

#[test]
fn users_of_a_lazy_list() {
    users(lazy::<Tas>);
}

#[test]
fn users_in_batches() {
    users(batched::<Tas>);
}

#[test]
fn users_of_a_list_for_each_node() {
    users(pernode::<Tas>);
}

/// Both take pages: never the same one.
fn takers<U: Lru + Send + 'static>(lru: fn(u32) -> U) {
    check(2, move || {
        let truths: Vec<_> = (0..3).map(|_| Truth::new()).collect();
        let work = Arc::new(Work::new(lru(3), truths, &waiter()));
        let theirs = work.clone();
        together(2, move |thread| {
            on(thread, || {
                (0..ROUNDS).for_each(|_| assert_eq!(theirs.renew(&waiter()), Ok(())));
            });
        });
        work.settle(&waiter(), &mut found);
    });
}

#[test]
fn no_two_take_a_page() {
    takers(touch::<Tas>);
    takers(lazy::<Tas>);
    takers(pernode::<Tas>);
}

/// Threads need not meet in the one moment, so only loom is sure to notice.
#[cfg(loom)]
#[test]
#[should_panic(expected = "left == right")]
fn a_lock_that_does_not_exclude_is_caught() {
    takers(touch::<Busted>);
}

/// The pages that are taken, one after the other, once some were used.
fn order(lru: impl Lru, used: &[u32]) -> Vec<u32> {
    let me = waiter();
    on(0, || {
        (0..4).for_each(|page| lru.add(page, &me));
        used.iter().for_each(|&page| lru.touch(page, &me));
        let order = std::iter::from_fn(|| lru.evict(&me)).collect();
        used.iter().for_each(|&page| lru.touch(page, &me));
        assert_eq!(lru.evict(&me), None, "a page came back by being used");
        order
    })
}

#[test]
fn what_was_used_is_taken_last() {
    check(1, || {
        assert_eq!(order(touch::<Busted>(4), &[]), [0, 1, 2, 3]);
        assert_eq!(order(touch::<Busted>(4), &[0, 2]), [1, 3, 0, 2]);
        assert_eq!(order(pernode::<Busted>(4), &[0, 2]), [0, 2, 1, 3]);
        assert_eq!(order(pernode::<Busted>(4), &[0, 1]), [2, 0, 3, 1]);
    });
}

#[test]
fn a_lazy_list_gives_what_was_used_a_second_chance() {
    check(1, || {
        assert_eq!(order(lazy::<Busted>(4), &[2, 0]), [1, 3, 0, 2]);
        assert_eq!(order(lazy::<Busted>(4), &[3, 2, 1, 0]), [0, 1, 2, 3]);
    });
}

#[test]
fn a_batch_is_seen_to_once_it_is_full() {
    check(1, || {
        assert_eq!(order(batched::<Busted>(4), &[0; 14]), [0, 1, 2, 3]);
        let mut used = [0; 15];
        used[14] = 1;
        assert_eq!(order(batched::<Busted>(4), &used), [2, 3, 0, 1]);
    });
}

// More steps than loom follows.
#[cfg(not(loom))]
#[test]
fn the_next_batch_begins_empty() {
    let used = [&[2; 15][..], &[0; 14]].concat();
    assert_eq!(order(batched::<Busted>(4), &used), [0, 1, 3, 2]);
}

#[test]
fn a_page_that_is_lost_or_taken_twice_is_found_out() {
    /// Always has page 1, and none of the others.
    struct Stuck;
    impl Lru for Stuck {
        const NAME: &'static str = "stuck";
        fn add(&self, _: u32, me: &algo::Waiter) {
            let _ = me;
        }
        fn touch(&self, _: u32, _: &algo::Waiter) {}
        fn evict(&self, _: &algo::Waiter) -> Option<u32> {
            None
        }
        fn census(&self, _: &algo::Waiter, see: &mut dyn FnMut(u32)) {
            [1, 1].into_iter().for_each(see);
        }
    }
    check(1, || {
        let work = Work::new(Stuck, vec![Truth::new(), Truth::new()], &waiter());
        assert_eq!(work.renew(&waiter()), Err("none_left"));
        let mut wrong = Vec::new();
        work.settle(&waiter(), &mut |_, seen, due| wrong.push((seen, due)));
        assert_eq!(wrong, [(0, 2), (2, 2)]);
    });
}
