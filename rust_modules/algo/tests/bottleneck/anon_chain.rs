// SPDX-License-Identifier: GPL-2.0

//! A child is on the list of every ancestor once, from its fork to its exit.

use algo::{
    bottleneck::anon_chain::{CheckedList, Family, Place, Seen},
    lock::{Lock, PvQueued, Ticket},
};

use crate::{check, findings, many, passes, race, waiter, ROUNDS};

type Of<L, const BATCHED: bool> = Family<L, Vec<CheckedList>, Vec<Place>, BATCHED>;

fn family<L: Lock, const BATCHED: bool>(ancestors: u32, children: u32) -> Of<L, BATCHED> {
    Family::new(many(ancestors), many(ancestors * children))
}

/// `children` threads fork and exit at once.
fn fork_and_exit<L: Lock + Send + 'static, const BATCHED: bool>(preemptions: usize, children: u32) {
    let ancestors = match (cfg!(loom), children) {
        (false, _) => 5,
        (true, 2) => 2,
        (true, _) => 1,
    };
    // Queued spinners, and fewer CPUs than spinners, are slow.
    let rounds = ROUNDS.div_ceil(children * children);
    race(
        preemptions,
        children,
        move || family::<L, BATCHED>(ancestors, children),
        move |family, child, me| {
            for round in 0..rounds {
                assert_eq!(family.fork(me, child), ancestors, "linked");
                let Seen { links, own } = family.look(me, child, round % ancestors);
                assert_eq!(own, 1, "links of its own");
                assert!(links <= children, "{links} links");
                assert_eq!(family.exit(me, child), ancestors, "unlinked");
            }
        },
        |family| family.audit(&mut passes),
    );
}

tests! {
    per_link_links_each_child_once => {
        fork_and_exit::<Ticket, false>(3, 2);
        fork_and_exit::<PvQueued, false>(2, 2);
    };
    batched_links_each_child_once => {
        fork_and_exit::<Ticket, true>(4, 2);
        fork_and_exit::<PvQueued, true>(2, 2);
    };
    three_children_are_linked_once => {
        fork_and_exit::<Ticket, false>(1, 3);
        fork_and_exit::<Ticket, true>(1, 3);
    };
    audit_counts_links_that_are_left => {
        check(1, exact::<false>);
        check(1, exact::<true>);
    };
    // Threads may miss the race, so only loom runs these.
    #[cfg(loom)]
    #[should_panic(expected = "left == right")]
    per_link_without_exclusion_is_caught => fork_and_exit::<algo::lock::Busted, false>(2, 2);
    #[cfg(loom)]
    #[should_panic(expected = "left == right")]
    batched_without_exclusion_is_caught => fork_and_exit::<algo::lock::Busted, true>(2, 2);
}

/// Checks each step of one thread.
fn exact<const BATCHED: bool>() {
    let (family, me) = (family::<Ticket, BATCHED>(3, 2), waiter());
    let seen = |child, ancestor| family.look(&me, child, ancestor);
    let left = || findings(|to| family.audit(to));
    assert_eq!(family.fork(&me, 1), 3);
    assert_eq!(family.fork(&me, 0), 3);
    (0..3).for_each(|n| assert_eq!(seen(0, n), Seen { links: 2, own: 1 }));
    assert_eq!(family.exit(&me, 1), 3);
    (0..3).for_each(|n| assert_eq!(seen(1, n), Seen { links: 1, own: 0 }));
    assert_eq!(seen(0, 3), Seen { links: 0, own: 0 }, "no such ancestor");
    assert_eq!(left(), [(3, 0), (0, 0)]);
    assert_eq!(family.fork(&me, 0), 0, "it is linked");
    assert_eq!(left(), [(3, 0), (3, 0)]);
    assert_eq!(family.exit(&me, 0), 3);
    assert_eq!(family.exit(&me, 0), 0, "it is not linked");
    assert_eq!(left(), [(0, 0), (3, 0)]);
}
