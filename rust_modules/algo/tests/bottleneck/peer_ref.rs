// SPDX-License-Identifier: GPL-2.0

//! A peer in use is not freed, and those that nobody uses are neither lost nor counted.

use algo::{
    bottleneck::peer_ref::{Busted, Collected, Flipping, Peer, Peers, Pool, Settled},
    lock::{Lock, Ticket},
    primitive::Atomic,
    Waiter,
};

use crate::support::{check, together, Arc, ROUNDS};

type Of<L> = Pool<Vec<Peer>, Vec<Atomic<u32>>, L>;

fn pool<L: Lock>(slots: usize) -> Of<L> {
    Pool::new(
        (0..slots).map(|_| Peer::default()).collect(),
        (0..2).map(|_| Of::<L>::head()).collect(),
    )
}

fn flipping<L: Lock>(slots: usize) -> Flipping<Vec<Peer>, Vec<Atomic<u32>>, L> {
    Flipping::new(pool(slots))
}

fn collected<L: Lock>(slots: usize) -> Collected<Vec<Peer>, Vec<Atomic<u32>>, L> {
    Collected::new(pool(slots))
}

fn busted(slots: usize) -> Busted<Vec<Peer>, Vec<Atomic<u32>>, Ticket> {
    Busted::new(pool(slots))
}

/// Gets the peer of `address`, uses it, and puts it; returns whether there was a slot for it.
fn visit(peers: &impl Peers, me: &Waiter, address: u32) -> bool {
    let Some(peer) = peers.get(me, address) else {
        return false;
    };
    assert_eq!(peer.address(), address, "another's");
    for _ in 0..2 {
        assert!(peers.is_still(&peer), "freed while in use");
    }
    peers.put(me, peer);
    true
}

/// What has to be left of so many.
fn left(made: u32, listed: bool) -> Settled {
    Settled {
        made,
        findable: made,
        referred: 0,
        listed: listed.then_some(made),
        listed_twice: 0,
    }
}

/// Two visit the addresses that are theirs, with so many slots.
fn visited<P>(preemptions: usize, slots: usize, new: fn(usize) -> P, theirs: [&'static [u32]; 2])
where
    P: Peers + Send + 'static,
{
    check(preemptions, move || {
        let peers = Arc::new(new(slots));
        let shared = peers.clone();
        together(2, move |i| {
            let me = Waiter::default();
            for _ in 0..ROUNDS {
                for &address in theirs[i as usize] {
                    // All may be in use: each at the moment that it is looked at.
                    visit(&*shared, &me, address);
                }
            }
        });
        let left = left(peers.settle().made, peers.settle().listed.is_some());
        assert_eq!(peers.settle(), left);
        assert!((1..=slots as u32).contains(&left.made));
    });
}

macro_rules! keeps {
    ($($name:ident;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn two_share_a_peer() {
                visited(4, 2, super::$name::<Ticket>, [&[1], &[1]]);
            }

            #[test]
            fn a_slot_is_reused_but_not_under_its_user() {
                visited(3, 1, super::$name::<Ticket>, [&[1], &[2, 1]]);
            }

            #[test]
            fn what_is_found_may_be_anothers_by_then() {
                visited(3, 1, super::$name::<Ticket>, [&[1, 1], &[2]]);
            }

            #[test]
            fn one_who_misses_frees_what_another_looks_up() {
                visited(3, 2, super::$name::<Ticket>, [&[1, 2], &[3]]);
            }

            /// Four addresses, among them two that share a chain, in three slots.
            #[test]
            fn many_are_freed_and_made_anew() {
                let all: &[u32] = if cfg!(loom) { &[1, 2] } else { &[1, 2, 3, 4] };
                visited(2, 3, super::$name::<Ticket>, [all, &[4, 1, 3]]);
            }
        }
    )*};
}

keeps! {
    flipping;
    collected;
}

#[test]
fn the_oldest_of_the_unused_is_freed() {
    check(1, || {
        let (peers, me) = (flipping::<Ticket>(2), Waiter::default());
        (1..3).for_each(|address| assert!(visit(&peers, &me, address)));
        assert!(visit(&peers, &me, 1), "now 2 is the oldest");
        assert!(visit(&peers, &me, 3));
        let kept = peers.get(&me, 1).expect("found");
        assert_eq!(kept.generation(), 1, "it was not made anew");
        peers.put(&me, kept);
        assert_eq!(peers.settle(), left(2, true));
    });
}

#[test]
fn nothing_is_freed_while_all_are_in_use() {
    check(1, || {
        let me = Waiter::default();
        fn full(peers: &impl Peers, me: &Waiter, listed: bool) {
            let one = peers.get(me, 1).expect("a slot");
            let same = peers.get(me, 1).expect("found");
            assert_eq!(one, same);
            assert!(peers.get(me, 2).is_none(), "in use");
            peers.put(me, one);
            assert!(peers.get(me, 2).is_none(), "still in use");
            assert_eq!(peers.settle().referred, 1);
            peers.put(me, same);
            let other = peers.get(me, 2).expect("freed");
            assert_eq!((other.address(), other.generation()), (2, 2));
            peers.put(me, other);
            assert_eq!(peers.settle(), left(1, listed));
        }
        full(&flipping::<Ticket>(1), &me, true);
        full(&collected::<Ticket>(1), &me, false);
    });
}

/// The chain of who misses is looked through first, then all.
#[test]
fn one_that_is_passed_is_collected() {
    check(1, || {
        let (peers, me) = (collected::<Ticket>(2), Waiter::default());
        let held = peers.get(&me, 1).expect("a slot");
        for address in 2..12 {
            assert!(visit(&peers, &me, address), "{address}");
        }
        assert!(peers.is_still(&held));
        peers.put(&me, held);
        assert_eq!(peers.settle(), left(2, false));
    });
}

/// Alone it does nothing wrong.
#[test]
fn busted_is_right_alone() {
    check(1, || {
        let (peers, me) = (busted(2), Waiter::default());
        (1..5).for_each(|address| assert!(visit(&peers, &me, address)));
        assert_eq!(peers.settle(), left(2, true));
    });
}

/// Without loom the race is in the program but need not show, so only loom is asked.
#[cfg(loom)]
#[test]
#[should_panic(expected = "freed while in use")]
fn busted_frees_what_is_in_use() {
    check(2, || {
        let peers = Arc::new(busted(1));
        together(2, move |i| {
            let me = Waiter::default();
            visit(&*peers, &me, 1);
            // What is on the list now may be in use.
            (i == 0).then(|| visit(&*peers, &me, 2));
        });
    });
}

/// And it puts on the list what is there.
#[cfg(loom)]
#[test]
#[should_panic(expected = "listed_twice: 1")]
fn busted_is_caught_by_its_list() {
    visited(2, 1, busted, [&[1], &[1]]);
}

/// As is a list whose lock excludes nobody.
#[cfg(loom)]
#[test]
#[should_panic]
fn a_lock_that_is_busted_is_caught() {
    visited(2, 2, flipping::<algo::lock::Busted>, [&[1], &[1, 2]]);
}
