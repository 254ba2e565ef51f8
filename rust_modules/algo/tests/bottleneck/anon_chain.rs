// SPDX-License-Identifier: GPL-2.0

//! A child is on the list of every ancestor once, from its fork to its exit.

use algo::{
    bottleneck::anon_chain::{Batched, Chain, Family, List, PerLink, Place, Seen},
    lock::{Lock, PvQueued, Ticket},
};

use crate::{
    found,
    support::{check, together, Arc, ROUNDS},
    waiter,
};

type Of<L> = Family<L, Vec<List>, Vec<Place>>;

fn family<L: Lock>(ancestors: u32, children: u32) -> Of<L> {
    Family::new(
        (0..ancestors).map(|_| List::default()).collect(),
        (0..ancestors * children)
            .map(|_| Place::default())
            .collect(),
    )
}

fn per_link<L: Lock>(ancestors: u32, children: u32) -> PerLink<L, Vec<List>, Vec<Place>> {
    PerLink(family::<L>(ancestors, children))
}

fn batched<L: Lock>(ancestors: u32, children: u32) -> Batched<L, Vec<List>, Vec<Place>> {
    Batched(family::<L>(ancestors, children))
}

/// So many children come and go at once.
fn come_and_go<C>(preemptions: usize, children: u32, new: fn(u32, u32) -> C)
where
    C: Chain + Send + 'static,
{
    let ancestors = match (cfg!(loom), children) {
        (false, _) => 5,
        (true, 2) => 2,
        (true, _) => 1,
    };
    check(preemptions, move || {
        let family = Arc::new(new(ancestors, children));
        let theirs = family.clone();
        // Spinners in line, and fewer CPUs than they are, take long.
        let rounds = ROUNDS.div_ceil(children * children);
        together(children, move |child| {
            let me = waiter();
            for round in 0..rounds {
                assert_eq!(theirs.fork(&me, child), ancestors, "linked");
                let Seen { links, own } = theirs.look(&me, child, round % ancestors);
                assert_eq!(own, 1, "links of its own");
                assert!(links <= children, "{links} links");
                assert_eq!(theirs.exit(&me, child), ancestors, "unlinked");
            }
        });
        family.settle(&mut found);
    });
}

#[test]
fn children_are_chained_link_by_link() {
    come_and_go(3, 2, per_link::<Ticket>);
    come_and_go(2, 2, per_link::<PvQueued>);
}

#[test]
fn children_are_chained_at_once() {
    come_and_go(4, 2, batched::<Ticket>);
    come_and_go(2, 2, batched::<PvQueued>);
}

#[test]
fn three_children_are_chained() {
    come_and_go(1, 3, per_link::<Ticket>);
    come_and_go(1, 3, batched::<Ticket>);
}

/// Looks at what is made and what is left, step by step.
fn exact(family: &impl Chain) {
    let me = waiter();
    let seen = |child, ancestor| family.look(&me, child, ancestor);
    let left = || {
        let mut left = Vec::new();
        family.settle(&mut |_, seen, due| left.push((seen, due)));
        left
    };
    assert_eq!(family.fork(&me, 1), 3);
    assert_eq!(family.fork(&me, 0), 3);
    (0..3).for_each(|n| assert_eq!(seen(0, n), Seen { links: 2, own: 1 }));
    assert_eq!(family.exit(&me, 1), 3);
    (0..3).for_each(|n| assert_eq!(seen(1, n), Seen { links: 1, own: 0 }));
    assert_eq!(seen(0, 3), Seen { links: 0, own: 0 }, "no such ancestor");
    assert_eq!(left(), [(3, 0), (0, 0)]);
    assert_eq!(family.fork(&me, 0), 0, "it is chained");
    assert_eq!(left(), [(3, 0), (3, 0)]);
    assert_eq!(family.exit(&me, 0), 3);
    assert_eq!(family.exit(&me, 0), 0, "it is not");
    assert_eq!(left(), [(0, 0), (3, 0)]);
}

#[test]
fn what_is_left_is_told() {
    check(1, || exact(&per_link::<Ticket>(3, 2)));
    check(1, || exact(&batched::<Ticket>(3, 2)));
}

/// Without loom the race is in the program but need not show, so only loom is asked.
#[cfg(loom)]
#[test]
#[should_panic(expected = "left == right")]
fn a_root_that_is_not_locked_is_caught() {
    come_and_go(2, 2, per_link::<algo::lock::Busted>);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "left == right")]
fn a_batch_that_is_not_locked_is_caught() {
    come_and_go(2, 2, batched::<algo::lock::Busted>);
}
