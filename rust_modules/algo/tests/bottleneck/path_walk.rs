// SPDX-License-Identifier: GPL-2.0

//! A walk takes only steps that are right when taken, and leaves no reference behind.

use std::ops::Deref;

use algo::{
    bottleneck::path_walk::{dentries, Dentry, How, Locked, Path, Rcu, Trail, Tree, Users, Walk},
    lock::Tas,
    Waiter,
};

use crate::{check, many, passes, race, waiter, Random, ROUNDS};

type Dentries = Vec<Dentry<Tas>>;

fn tree(depth: u32, threads: u32) -> Tree<Tas, Dentries> {
    Tree::new(many(dentries(depth, threads)), depth)
}

fn locked(depth: u32, threads: u32) -> Locked<Tas, Dentries> {
    Locked::new(tree(depth, threads))
}

fn rcu(depth: u32, threads: u32) -> Rcu<Tas, Dentries> {
    Rcu::new(tree(depth, threads))
}

/// Never drops out on request.
struct Lockless(Rcu<Tas, Dentries>);

impl Walk for Lockless {
    type Lock = Tas;
    fn tree(&self) -> &Tree<Tas, impl Deref<Target = [Dentry<Tas>]> + Sync> {
        self.0.tree()
    }
    fn walk(&self, path: Path, trail: &mut Trail, me: &Waiter) -> Option<(u32, How)> {
        let drops_out = false;
        self.0.walk(Path { drops_out, ..path }, trail, me)
    }
}

/// Threads walk in one tree; the first also renames, and in loom does nothing else. Each `every`th
/// walk drops out.
fn walked<W: Walk + Send + 'static>(threads: u32, depth: u32, every: u32, new: fn(u32, u32) -> W) {
    let new = move || Users::new(vec![new(depth, threads)]);
    let step = move |users: &Users<Vec<W>>, thread, me: &_| {
        let mut random = Random::of(thread);
        for round in 0..ROUNDS {
            let renames = match cfg!(loom) {
                true => 2,
                false => u32::from(round % 4 == 0),
            };
            if thread == 0 {
                (0..renames).for_each(|_| users.rename(thread, me));
            }
            if thread > 0 || !cfg!(loom) {
                let walked = users.open(thread, random.next() & 1, round % every == 0, me);
                assert!(walked.is_ok(), "{walked:?}");
            }
        }
    };
    race(2, threads, new, step, |users| users.audit(&mut passes));
}

tests! {
    locked_walk_takes_right_steps => walked(2, 3, 1, locked);
    lockless_walk_takes_right_steps => walked(2, 3, 1, |d, threads| Lockless(rcu(d, threads)));
    walk_that_drops_out_takes_right_steps => walked(2, 3, 1, rcu);
    #[cfg(not(loom))]
    four_walkers_take_right_steps => {
        walked(4, 8, 1, locked);
        walked(4, 8, 7, rcu);
        walked(4, 2, 3, rcu);
        walked(4, 1, 2, rcu);
    };
    // More steps than loom follows.
    #[cfg(not(loom))]
    walk_reports_how_it_reached_the_file => {
        let me = waiter();
        let (with, without) = (Users::new(vec![locked(4, 1)]), Users::new(vec![rcu(4, 1)]));
        for rename in 0..7 {
            for from in 0..2 {
                assert_eq!(with.open(0, from, false, &me), Ok(How::Locked), "{rename}");
                assert_eq!(without.open(0, from, false, &me), Ok(How::Lockless));
                assert_eq!(without.open(0, from, true, &me), Ok(How::DroppedOut));
            }
            with.rename(0, &me);
            without.rename(0, &me);
        }
        with.audit(&mut passes);
        without.audit(&mut passes);
    };
    threads_walk_in_their_own_trees_or_in_one => check(1, || {
        let me = waiter();
        let apart = Users::new(vec![rcu(2, 1), rcu(2, 1)]);
        let shared = Users::new(vec![rcu(2, 2)]);
        for thread in 0..2 {
            assert_eq!(apart.open(thread, 0, false, &me), Ok(How::Lockless));
            assert_eq!(shared.open(thread, 0, false, &me), Ok(How::Lockless));
        }
        assert_eq!(shared.open(2, 0, false, &me), Err("no_entry"));
        apart.audit(&mut passes);
    });
}

/// Returns whether a walk of two steps is possible; `steps` are the moves of its directories.
fn possible(before: u64, steps: [u64; 2], after: u64) -> bool {
    let mut trail = Trail::new(2, before);
    let mut at = 0;
    for (level, moves) in steps.into_iter().enumerate() {
        let to = (2 * (level as u32 + 1)) | ((at ^ moves as u32) & 1);
        trail.note(at, to, moves);
        at = to;
    }
    trail.possible(after)
}

#[test]
fn trail_accepts_only_possible_walks() {
    for (is_possible, before, steps, after, why) in [
        (true, 0, [0, 0], 0, "no rename"),
        (true, 2, [1, 1], 2, "after a rename of each"),
        (false, 2, [0, 1], 2, "the first moved before the walk"),
        (false, 2, [1, 0], 2, "the second moved before the walk"),
        (true, 0, [0, 1], 2, "both were renamed during the walk"),
        (true, 0, [1, 0], 1, "the first was renamed during the walk"),
        (true, 0, [1, 0], 0, "a rename is under way"),
        (false, 0, [0, 1], 0, "of two renames, one is over"),
        (
            false,
            0,
            [2, 0],
            9,
            "the second moves before the first moves again",
        ),
        (true, 0, [2, 1], 9, "the first moves again after the second"),
    ] {
        assert_eq!(possible(before, steps, after), is_possible, "{why}");
    }
    let mut trail = Trail::new(1, 0);
    trail.note(0, 3, 0);
    assert!(!trail.possible(5), "on the other side without a move");
    trail.restart();
    assert!(!trail.possible(5), "a step is missing");
    trail.note(0, 2, 0);
    assert!(trail.possible(5));
}
