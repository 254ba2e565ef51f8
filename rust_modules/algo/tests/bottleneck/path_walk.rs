// SPDX-License-Identifier: GPL-2.0

//! A walk takes only steps that were right when it took them, and leaves no reference behind.

use algo::{
    bottleneck::path_walk::{dentries, Dentry, How, Locked, Rcu, Trail, Tree, Walk, Work},
    lock::{Lock, Tas},
};

use crate::{
    found,
    support::{check, together, Arc, ROUNDS},
    waiter, Dice,
};

type Dentries<L> = Vec<Dentry<L>>;

fn tree<L: Lock>(depth: u32, threads: u32) -> Tree<L, Dentries<L>> {
    let all = (0..dentries(depth, threads)).map(|_| Dentry::new());
    Tree::new(all.collect(), depth)
}

fn locked(depth: u32, threads: u32) -> Locked<Tas, Dentries<Tas>> {
    Locked::new(tree(depth, threads))
}

fn rcu(depth: u32, threads: u32) -> Rcu<Tas, Dentries<Tas>> {
    Rcu::new(tree(depth, threads))
}

/// So many threads walk in one tree; the first renames, and in loom does nothing else. Each
/// `every`th walk drops out.
fn walkers<W: Walk + Send + 'static>(threads: u32, depth: u32, every: u32, new: fn(u32, u32) -> W) {
    check(2, move || {
        let work = Arc::new(Work::new(vec![new(depth, threads)]));
        let theirs = work.clone();
        together(threads, move |thread| {
            let (mut dice, me) = (Dice::of(thread), waiter());
            for round in 0..ROUNDS {
                let renames = if cfg!(loom) {
                    2
                } else {
                    u32::from(round % 4 == 0)
                };
                if thread == 0 {
                    (0..renames).for_each(|_| theirs.rename(thread, &me));
                }
                if thread > 0 || !cfg!(loom) {
                    let walked = theirs.open(thread, dice.roll() & 1, round % every == 0, &me);
                    assert!(walked.is_ok(), "{walked:?}");
                }
            }
        });
        work.settle(&mut found);
    });
}

#[test]
fn walkers_with_locks() {
    walkers(2, 3, 1, locked);
}

#[test]
fn walkers_that_look() {
    // Not even the first drops out.
    let never = |depth, threads| NeverOut(rcu(depth, threads));
    walkers(2, 3, 1, never);
}

#[test]
fn walkers_that_look_and_drop_out() {
    walkers(2, 3, 1, rcu);
}

#[cfg(not(loom))]
#[test]
fn more_walkers() {
    walkers(4, 8, 1, locked);
    walkers(4, 8, 7, rcu);
    walkers(4, 2, 3, rcu);
    walkers(4, 1, 2, rcu);
}

/// Is never asked to drop out.
struct NeverOut(Rcu<Tas, Dentries<Tas>>);

impl Walk for NeverOut {
    const NAME: &'static str = "never_out";
    type Lock = Tas;
    fn tree(&self) -> &Tree<Tas, impl std::ops::Deref<Target = [Dentry<Tas>]>> {
        self.0.tree()
    }
    fn walk(
        &self,
        path: algo::bottleneck::path_walk::Path,
        trail: &mut Trail,
        me: &algo::Waiter,
    ) -> Option<(u32, How)> {
        let drops_out = false;
        self.0.walk(
            algo::bottleneck::path_walk::Path { drops_out, ..path },
            trail,
            me,
        )
    }
}

// One thread alone, and more steps than loom follows.
#[cfg(not(loom))]
#[test]
fn a_walk_says_how_it_got_there() {
    check(1, || {
        let me = waiter();
        let (with, without) = (Work::new(vec![locked(4, 1)]), Work::new(vec![rcu(4, 1)]));
        for rename in 0..7 {
            for from in 0..2 {
                assert_eq!(with.open(0, from, false, &me), Ok(How::Locked), "{rename}");
                assert_eq!(without.open(0, from, false, &me), Ok(How::Lockless));
                assert_eq!(without.open(0, from, true, &me), Ok(How::DroppedOut));
            }
            with.rename(0, &me);
            without.rename(0, &me);
        }
        with.settle(&mut found);
        without.settle(&mut found);
    });
}

#[test]
fn each_thread_walks_in_its_own_tree_or_all_in_one() {
    check(1, || {
        let me = waiter();
        let (apart, shared) = (
            Work::new(vec![rcu(2, 1), rcu(2, 1)]),
            Work::new(vec![rcu(2, 2)]),
        );
        for thread in 0..2 {
            assert_eq!(apart.open(thread, 0, false, &me), Ok(How::Lockless));
            assert_eq!(shared.open(thread, 0, false, &me), Ok(How::Lockless));
        }
        assert_eq!(shared.open(2, 0, false, &me), Err("no_entry"));
        apart.settle(&mut found);
    });
}

#[test]
fn a_trail_knows_what_cannot_have_been() {
    /// Two levels below the first; the steps are how often these had moved.
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
    assert!(possible(0, [0, 0], 0));
    assert!(possible(2, [1, 1], 2), "after a rename of each");
    assert!(
        !possible(2, [0, 1], 2),
        "the first had moved before the walk began"
    );
    assert!(!possible(2, [1, 0], 2));
    assert!(possible(0, [0, 1], 2), "both were renamed during the walk");
    assert!(possible(0, [1, 0], 1));
    assert!(possible(0, [1, 0], 0), "a rename under way");
    assert!(!possible(0, [0, 1], 0), "of two, one is over");
    assert!(
        !possible(0, [2, 0], 9),
        "the second has moved before the first moves again"
    );
    assert!(possible(0, [2, 1], 9));
    let mut trail = Trail::new(1, 0);
    trail.note(0, 3, 0);
    assert!(
        !trail.possible(5),
        "it is on the other side, and has not moved"
    );
    trail.restart();
    assert!(!trail.possible(5), "a step is missing");
    trail.note(0, 2, 0);
    assert!(trail.possible(5));
}
