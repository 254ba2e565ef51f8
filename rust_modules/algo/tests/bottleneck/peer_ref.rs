// SPDX-License-Identifier: GPL-2.0

//! A peer in use is not freed, and unused peers are neither lost nor counted twice.

use algo::{
    bottleneck::peer_ref::{Busted, Collected, Flipping, Left, Peer, Peers, Pool, Unused},
    lock::{Lock, Ticket},
    primitive::Atomic,
    Waiter,
};

use crate::{check, many, race, waiter, ROUNDS};

type Heads = Vec<Atomic<u32>>;
type Of<L, U> = Peers<Vec<Peer>, Heads, L, U>;

fn peers<L: Lock, U: Unused + Default>(slots: u32) -> Of<L, U> {
    let heads = (0..2).map(|_| Pool::<Vec<Peer>, Heads, L>::head());
    Peers::new(Pool::new(many(slots), heads.collect()), U::default())
}

/// Gets the peer of `address`, uses it, and puts it; returns whether there was a slot for it.
fn visit<L: Lock, U: Unused>(peers: &Of<L, U>, me: &Waiter, address: u32) -> bool {
    let Some(peer) = peers.get(me, address) else {
        return false;
    };
    assert_eq!(peer.address(), address, "peer of another address");
    for _ in 0..2 {
        assert!(peers.is_still(&peer), "freed while in use");
    }
    peers.put(me, peer);
    true
}

/// What must be left of `made` peers.
fn left(made: u32, listed: bool) -> Left {
    Left {
        made,
        findable: made,
        referred: 0,
        listed: listed.then_some(made),
        listed_twice: 0,
    }
}

/// Two threads visit their addresses.
fn visited<L, U>(preemptions: usize, slots: u32, addresses: [&'static [u32]; 2])
where
    L: Lock + Send + 'static,
    U: Unused + Default + Send + 'static,
{
    let step = move |peers: &Of<L, U>, thread, me: &_| {
        for _ in 0..ROUNDS {
            for &address in addresses[thread as usize] {
                // All slots may be in use, each when the search comes to it.
                visit(peers, me, address);
            }
        }
    };
    race(
        preemptions,
        2,
        move || peers::<L, U>(slots),
        step,
        move |peers| {
            let seen = peers.audit();
            assert_eq!(seen, left(seen.made, seen.listed.is_some()));
            assert!((1..=slots).contains(&seen.made));
        },
    );
}

fn two_threads_share_a_peer<U: Unused + Default + Send + 'static>() {
    visited::<Ticket, U>(4, 2, [&[1], &[1]]);
}

fn slot_in_use_is_not_reused<U: Unused + Default + Send + 'static>() {
    visited::<Ticket, U>(3, 1, [&[1], &[2, 1]]);
}

fn found_peer_may_be_reused_before_the_get<U: Unused + Default + Send + 'static>() {
    visited::<Ticket, U>(3, 1, [&[1, 1], &[2]]);
}

fn miss_frees_what_another_thread_looks_up<U: Unused + Default + Send + 'static>() {
    visited::<Ticket, U>(3, 2, [&[1, 2], &[3]]);
}

/// Four addresses, two of which share a chain, in three slots.
fn peers_are_freed_and_made_again<U: Unused + Default + Send + 'static>() {
    let all: &[u32] = if cfg!(loom) { &[1, 2] } else { &[1, 2, 3, 4] };
    visited::<Ticket, U>(2, 3, [all, &[4, 1, 3]]);
}

/// Tests a variant that keeps peers in use.
macro_rules! keeps_peers {
    ($($module:ident: $unused:ty;)*) => {$(
        mod $module {
            use super::*;

            keeps_peers! { @$unused:
                two_threads_share_a_peer
                slot_in_use_is_not_reused
                found_peer_may_be_reused_before_the_get
                miss_frees_what_another_thread_looks_up
                peers_are_freed_and_made_again
            }
        }
    )*};
    (@$unused:ty: $($name:ident)*) => {
        tests! { $($name => super::$name::<$unused>();)* }
    };
}

keeps_peers! {
    flipping: Flipping<Ticket>;
    collected: Collected;
}

fn full<U: Unused + Default>(listed: bool) {
    let (peers, me) = (peers::<Ticket, U>(1), waiter());
    let one = peers.get(&me, 1).expect("a slot");
    let same = peers.get(&me, 1).expect("found");
    assert_eq!(one, same);
    assert!(peers.get(&me, 2).is_none(), "in use");
    peers.put(&me, one);
    assert!(peers.get(&me, 2).is_none(), "still in use");
    assert_eq!(peers.audit().referred, 1);
    peers.put(&me, same);
    let other = peers.get(&me, 2).expect("freed");
    assert_eq!((other.address(), other.generation()), (2, 2));
    peers.put(&me, other);
    assert_eq!(peers.audit(), left(1, listed));
}

tests! {
    flipping_frees_the_oldest_unused_peer => check(1, || {
        let (peers, me) = (peers::<Ticket, Flipping<Ticket>>(2), waiter());
        (1..3).for_each(|address| assert!(visit(&peers, &me, address)));
        assert!(visit(&peers, &me, 1), "now 2 is the oldest");
        assert!(visit(&peers, &me, 3));
        let kept = peers.get(&me, 1).expect("found");
        assert_eq!(kept.generation(), 1, "not made again");
        peers.put(&me, kept);
        assert_eq!(peers.audit(), left(2, true));
    });
    no_peer_is_freed_while_all_are_in_use => check(1, || {
        full::<Flipping<Ticket>>(true);
        full::<Collected>(false);
    });
    // A miss searches the chain of its address first, then all slots.
    collected_frees_an_unused_peer_that_a_miss_passes => check(1, || {
        let (peers, me) = (peers::<Ticket, Collected>(2), waiter());
        let held = peers.get(&me, 1).expect("a slot");
        for address in 2..12 {
            assert!(visit(&peers, &me, address), "{address}");
        }
        assert!(peers.is_still(&held));
        peers.put(&me, held);
        assert_eq!(peers.audit(), left(2, false));
    });
    busted_is_right_with_one_thread => check(1, || {
        let (peers, me) = (peers::<Ticket, Busted<Ticket>>(2), waiter());
        (1..5).for_each(|address| assert!(visit(&peers, &me, address)));
        assert_eq!(peers.audit(), left(2, true));
    });
    // Threads may miss the races, so only loom runs these.
    #[cfg(loom)]
    #[should_panic(expected = "freed while in use")]
    busted_is_caught_freeing_a_peer_in_use => {
        let step = |peers: &Of<Ticket, Busted<Ticket>>, thread, me: &_| {
            visit(peers, me, 1);
            // A peer on the list now may be in use.
            (thread == 0).then(|| visit(peers, me, 2));
        };
        race(2, 2, || peers::<Ticket, Busted<Ticket>>(1), step, |_| {});
    };
    #[cfg(loom)]
    #[should_panic(expected = "listed_twice: 1")]
    busted_is_caught_listing_a_peer_twice => {
        visited::<Ticket, Busted<Ticket>>(2, 1, [&[1], &[1]]);
    };
    #[cfg(loom)]
    #[should_panic]
    lock_without_exclusion_is_caught => {
        use algo::lock::Busted as NoLock;
        visited::<NoLock, Flipping<NoLock>>(2, 2, [&[1], &[1, 2]]);
    };
}
