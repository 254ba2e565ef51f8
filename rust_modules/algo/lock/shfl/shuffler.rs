// SPDX-License-Identifier: GPL-2.0

//! The shuffler of `shfl`: the one waiter that sorts those behind itself.
//!
//! ```text
//!   me … last ──▶ x ──▶ at ──▶ next ──▶ beyond            next goes with me
//!   me … last ──▶ next ──▶ x ──▶ at ──▶ beyond            next is the last now
//! ```
//!
//! A waiter without one behind it is not moved: the thread that comes next links itself to it.

use super::{
    node::Node,
    policy::Policy, //
};
use crate::prelude::*;

/// The shuffler, its group and its position. All nodes from its own on stay live until it leaves the queue.
pub(super) struct Shuffler<P> {
    policy: P,
    /// Last of its group.
    last: *mut Node<P>,
    /// Last that it looked at; `last` unless some behind that do not go with it.
    at: *mut Node<P>,
    /// Moves in the group so far.
    moves: u32,
}

impl<P: Policy> Shuffler<P> {
    /// Creates the shuffler whose node is `mine`, which the caller owns.
    pub(super) fn new(mine: *mut Node<P>, moves: u32) -> Self {
        Self {
            // SAFETY: The caller's own.
            policy: unsafe { (*mine).policy() },
            last: mine,
            at: mine,
            moves,
        }
    }

    /// Sorts the waiters behind, and returns once `is_done`, which only loads.
    pub(super) fn shuffle_until(&mut self, is_done: impl Fn() -> bool, me: &Waiter) {
        while !is_done() {
            let at = self.at;
            if at != self.last && self.moves >= me.tuning.overtakes {
                return me.spin_until(is_done);
            }
            // SAFETY: All from the shuffler's own node on wait behind it.
            let next = unsafe { (*at).next() };
            if next.is_null() {
                // SAFETY: As above.
                me.spin_until(|| is_done() || unsafe { !(*at).next().is_null() });
                continue;
            }
            // SAFETY: As above.
            if !self.policy.goes_with(unsafe { (*next).policy() }) {
                self.at = next;
                continue;
            }
            if at == self.last {
                self.at = next;
            } else {
                // SAFETY: As above.
                let beyond = || unsafe { (*next).next() };
                if beyond().is_null() {
                    me.spin_until(|| is_done() || !beyond().is_null());
                    continue;
                }
                self.move_up(next, beyond());
                me.events.queue_overtakes.bump();
            }
            self.last = next;
            // SAFETY: As above.
            unsafe { (*next).join_group() };
        }
    }

    /// Moves `next`, which is behind `at` and ahead of `beyond`, behind the group's last.
    fn move_up(&mut self, next: *mut Node<P>, beyond: *mut Node<P>) {
        let Self { last, at, .. } = *self;
        // SAFETY: All wait behind the shuffler, and each has one behind it: no other thread writes their `next`.
        unsafe {
            (*at).set_next(beyond);
            (*next).set_next((*last).next());
            (*last).set_next(next);
        }
        self.moves = self.moves.saturating_add(1);
    }

    /// The shuffler, whose node is `mine`, has the lock: the last of its group goes on.
    pub(super) fn resign(self, mine: *mut Node<P>) {
        if self.last != mine {
            // SAFETY: It waits behind the caller.
            unsafe { (*self.last).go_on(self.moves) };
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;

    use std::{
        cell::Cell as Count,
        string::String,
        vec::Vec, //
    };

    use super::*;
    use crate::Tuning;

    #[derive(Clone, Copy)]
    struct Kind(char);

    impl Policy for Kind {
        fn of(_: Vcpu) -> Self {
            Self('a')
        }

        fn goes_with(self, Self(other): Self) -> bool {
            other == self.0
        }
    }

    /// A queue of waiters, one for each letter, the shuffler first.
    fn queue(letters: &str) -> Vec<Node<Kind>> {
        let nodes: Vec<_> = letters.chars().map(|c| Node::new(Kind(c))).collect();
        for two in nodes.windows(2) {
            two[0].set_next(ptr::from_ref(&two[1]).cast_mut());
        }
        nodes
    }

    fn waiter(overtakes: u32) -> Waiter {
        Waiter::new(Tuning {
            overtakes,
            ..Tuning::DEFAULT
        })
    }

    /// The queue from its first on, and the members of the group in it as capitals.
    fn order(nodes: &[Node<Kind>]) -> String {
        let (mut order, mut at) = (String::new(), ptr::from_ref(&nodes[0]));
        while !at.is_null() {
            // SAFETY: One of `nodes`.
            let node = unsafe { &*at };
            let Kind(letter) = node.policy();
            order.push(match node.begins_group() {
                true => letter,
                false => letter.to_ascii_uppercase(),
            });
            at = node.next();
        }
        order
    }

    /// Shuffles `letters` with `moves` made before, for `looks` looks; returns the order, and the heir's place
    /// in `letters` and its moves.
    fn shuffled(
        letters: &str,
        overtakes: u32,
        moves: u32,
        looks: u32,
    ) -> (String, Option<(usize, u32)>) {
        let (nodes, me, left) = (queue(letters), waiter(overtakes), Count::new(looks));
        let mine = ptr::from_ref(&nodes[0]).cast_mut();
        let mut shuffler = Shuffler::new(mine, moves);
        let is_done = || left.replace(left.get().saturating_sub(1)) == 0;
        shuffler.shuffle_until(is_done, &me);
        let order = order(&nodes);
        shuffler.resign(mine);
        let heir = nodes.iter().position(|node| node.goes_on().is_some());
        // It is awake, and has the moves.
        (
            order,
            heir.and_then(|heir| Some((heir, nodes[heir].wait(&me)?))),
        )
    }

    /// Looks after which the shuffler has no more to do in any queue here.
    const ALL: u32 = 1000;

    #[test]
    fn those_that_go_with_the_shuffler_move_behind_its_group_in_order() {
        let (order, heir) = shuffled("ababaac", 9, 0, ALL);
        assert_eq!((order.as_str(), heir), ("aAAAbbc", Some((5, 3))));
        let (order, heir) = shuffled("aabcacab", 9, 0, ALL);
        assert_eq!((order.as_str(), heir), ("aAAAbccb", Some((6, 2))));
    }

    /// The thread that comes next links itself to the last.
    #[test]
    fn last_waiter_of_all_is_not_moved() {
        let (order, heir) = shuffled("aba", 9, 0, ALL);
        assert_eq!((order.as_str(), heir), ("aba", None));
        let (order, heir) = shuffled("aa", 9, 0, ALL);
        assert_eq!((order.as_str(), heir), ("aA", Some((1, 0))));
    }

    #[test]
    fn group_has_as_many_moves_as_overtakes_allows() {
        for (overtakes, moves, wanted, heir) in [
            (0, 0, "ababab", None),
            (1, 0, "aAbbab", Some((2, 1))),
            (3, 2, "aAbbab", Some((2, 3))),
            (3, 3, "ababab", None),
            (9, 0, "aAAbbb", Some((4, 2))),
        ] {
            let found = shuffled("ababab", overtakes, moves, ALL);
            assert_eq!(
                (found.0.as_str(), found.1),
                (wanted, heir),
                "{overtakes} {moves}"
            );
        }
        // Members that stand in place are none.
        let (order, heir) = shuffled("aaab", 0, 0, ALL);
        assert_eq!((order.as_str(), heir), ("aAAb", Some((2, 0))));
    }

    /// Whenever it has to stop, each waiter is in the queue once, and each move made a member.
    #[test]
    fn shuffler_may_stop_after_each_look() {
        for looks in 0..20 {
            let (order, heir) = shuffled("ababac", 9, 0, looks);
            let members = order.chars().filter(char::is_ascii_uppercase).count();
            let mut letters: Vec<_> = order.to_ascii_lowercase().chars().collect();
            letters.sort_unstable();
            assert_eq!(letters, ['a', 'a', 'a', 'b', 'b', 'c'], "{looks}: {order}");
            let moves = heir.map_or(0, |(_, moves)| moves as usize);
            assert_eq!(
                (moves, heir.is_some()),
                (members, members > 0),
                "{looks}: {order}"
            );
        }
    }
}
