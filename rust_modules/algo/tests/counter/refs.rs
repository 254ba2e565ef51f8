// SPDX-License-Identifier: GPL-2.0

//! An object is not used after its last reference was put, and that is found once.

use algo::{
    counter::{MountCount, SloppyRef},
    primitive::{on, Atomic, PerVcpu, Relaxed},
};

use crate::{
    support::{check, share, Arc, Bare},
    OneIsLeft,
    Place::{self, *},
    Vcpus,
};

/// An object that may be used with a reference, and is cleaned up once, by the last put. A use that is not over then is a race, and loom reports it.
struct Thing<C> {
    refs: C,
    payload: Payload,
    cleaned: Atomic<u32>,
}

/// Read by users, written by the cleanup.
struct Payload(algo::primitive::Cell<u32>);
// SAFETY: None: that no thread writes while another reads is what is tested.
unsafe impl Sync for Payload {}
// SAFETY: As above.
unsafe impl Send for Payload {}

impl<C> Thing<C> {
    fn new(refs: C) -> Arc<Self> {
        Arc::new(Self {
            refs,
            payload: Payload(algo::primitive::Cell::new(7)),
            cleaned: Atomic::new(0),
        })
    }

    fn use_it(&self) {
        // SAFETY: See `Payload`.
        assert_eq!(self.payload.0.with(|p| unsafe { *p }), 7, "used after zero");
    }

    fn clean_if(&self, last: bool) {
        if last {
            // SAFETY: See `Payload`.
            self.payload.0.with_mut(|p| unsafe { *p = 0 });
            self.cleaned.add(1, Relaxed);
        }
    }

    fn cleaned(&self) -> u32 {
        self.cleaned.load(Relaxed)
    }
}

fn sloppy(threshold: u32) -> Arc<Thing<SloppyRef>> {
    Thing::new(SloppyRef::new(PerVcpu::new(2), threshold))
}

/// Gets, uses, puts, on `vcpu`.
fn visit(thing: &Thing<SloppyRef>, vcpu: u32) {
    on(vcpu, || {
        if thing.refs.get() {
            thing.use_it();
            thing.clean_if(thing.refs.put());
        }
    });
}

/// One visits while the other gives up the first reference and reclaims.
fn reclaimed(threshold: u32, visitor: u32, spares: u32) {
    check(3, move || {
        let thing = sloppy(threshold);
        (0..spares).for_each(|_| visit(&thing, 1));
        share(&thing, move |theirs, i| {
            if i == 1 {
                visit(theirs, visitor);
            } else {
                theirs.clean_if(on(0, || theirs.refs.put()));
                theirs.clean_if(theirs.refs.try_reclaim(&Vcpus(2)));
            }
        });
        thing.clean_if(thing.refs.try_reclaim(&Vcpus(2)));
        assert_eq!(thing.cleaned(), 1, "zero was seen that often");
        assert_eq!(thing.refs.in_use(), 0);
        assert!(!on(0, || thing.refs.get()), "after the last");
        assert!(!thing.refs.try_reclaim(&Vcpus(2)), "again");
    });
}

tests! {
    reclaim_waits_for_a_user_with_a_spare: reclaimed(2, 1, 1);
    reclaim_waits_for_a_user_without_a_spare: reclaimed(2, 1, 0);
    reclaim_waits_for_an_interrupt: reclaimed(2, 0, 0);
    a_user_that_keeps_no_spare_may_be_the_last: reclaimed(0, 1, 0);
}

/// Two reclaim at once: one of them, or the last put, finds zero.
#[test]
fn two_who_reclaim_do_not_both_find_zero() {
    check(3, || {
        let thing = sloppy(2);
        visit(&thing, 1);
        thing.clean_if(on(0, || thing.refs.put()));
        share(&thing, move |theirs, _| {
            theirs.clean_if(theirs.refs.try_reclaim(&Vcpus(2)))
        });
        assert_eq!(thing.cleaned(), 1);
    });
}

/// Code that knows nothing of spares gets and puts in the central count.
#[test]
fn code_that_touches_the_central_count_alone_counts_right() {
    check(3, || {
        let thing = sloppy(1);
        share(&thing, move |theirs, i| {
            if i == 1 {
                visit(theirs, 1);
                theirs.clean_if(theirs.refs.try_reclaim(&Vcpus(2)));
            } else if theirs.refs.get_central() {
                theirs.use_it();
                theirs.clean_if(theirs.refs.put_central());
                theirs.clean_if(theirs.refs.put_central());
            }
        });
        thing.clean_if(thing.refs.try_reclaim(&Vcpus(2)));
        assert_eq!(thing.cleaned(), 1);
        assert!(!thing.refs.get_central());
    });
}

/// With room for two spares the third put gives some back, and keeps some.
#[test]
fn spares_above_the_threshold_go_back() {
    check(1, || {
        let thing = sloppy(2);
        on(0, || (0..4).for_each(|_| assert!(thing.refs.get())));
        assert_eq!((thing.refs.in_use(), thing.refs.spares(1)), (5, 0));
        let spares: Vec<i64> = (0..4)
            .map(|_| {
                assert!(!on(1, || thing.refs.put()));
                thing.refs.spares(1)
            })
            .collect();
        assert_eq!(spares, [1, 2, 1, 2]);
        assert_eq!(thing.refs.in_use(), 1);
        assert!(
            on(1, || thing.refs.get()) && thing.refs.spares(1) == 1,
            "a spare"
        );
        assert!(!on(1, || thing.refs.put()) && !on(0, || thing.refs.put()));
        assert!(thing.refs.try_reclaim(&OneIsLeft(2)));
    });
}

/// Two put on one vCPU, and what is too much goes back: the one's use with the other's.
#[test]
fn a_put_that_gives_back_for_another_sees_its_use() {
    check(3, || {
        let thing = sloppy(1);
        assert!(thing.refs.get_central() && !thing.refs.put_central());
        assert!(thing.refs.get_central());
        share(&thing, move |theirs, _| {
            on(0, || {
                theirs.use_it();
                theirs.clean_if(theirs.refs.put());
            });
        });
        assert_eq!(thing.cleaned(), 1);
    });
}

#[test]
fn one_that_was_reclaimed_may_be_used_anew() {
    check(3, || {
        let thing = sloppy(1);
        thing.clean_if(on(0, || thing.refs.put()) || thing.refs.try_reclaim(&Vcpus(2)));
        assert_eq!(thing.cleaned(), 1);
        share(&thing, move |theirs, i| {
            if i == 0 {
                // SAFETY: See `Payload`.
                theirs.payload.0.with_mut(|p| unsafe { *p = 7 });
                theirs.refs.revive();
                // Leaves a spare, which the other may take.
                visit(theirs, 1);
            } else {
                visit(theirs, 1);
            }
        });
        assert_eq!(thing.refs.in_use(), 1);
        thing.clean_if(on(0, || thing.refs.put()));
        thing.clean_if(thing.refs.try_reclaim(&Vcpus(2)));
        assert_eq!(thing.cleaned(), 2);
    });
}

/// A user at `place` uses a reference that it had before, while the other thread detaches.
fn detached(place: Place) {
    check(4, move || {
        let thing = Thing::new(MountCount::new(PerVcpu::new(2)));
        on(0, || thing.refs.get());
        share(&thing, move |theirs, i| {
            if i == 1 {
                place.run(i, || {
                    theirs.refs.get();
                    theirs.use_it();
                    theirs.clean_if(theirs.refs.put());
                    theirs.use_it();
                    theirs.clean_if(theirs.refs.put());
                });
            } else {
                theirs.clean_if(theirs.refs.detach(&Vcpus(2)));
            }
        });
        assert_eq!((thing.cleaned(), thing.refs.in_use()), (1, 0));
    });
}

tests! {
    a_mount_is_detached_under_a_user_of_another_vcpu: detached(OwnVcpus);
    a_mount_is_detached_under_a_user_of_the_same_vcpu: detached(OneVcpu);
    a_mount_is_detached_under_a_user_that_migrates: detached(Migrating);
}

/// References may be put on any vCPU, and are not summed before the count is detached.
#[test]
fn a_mount_counts_below_zero_on_a_vcpu() {
    check(1, || {
        let mount = MountCount::new(PerVcpu::new(2));
        (0..3).for_each(|_| on(0, || mount.get()));
        assert!(
            (0..3).all(|_| !on(1, || mount.put())),
            "asked while attached"
        );
        on(1, || mount.get());
        assert_eq!(mount.in_use(), 2);
        assert!(!mount.detach(&OneIsLeft(2)), "one is left");
        assert_eq!(mount.in_use(), 1);
        on(1, || mount.get());
        assert!(!on(0, || mount.put()) && on(0, || mount.put()), "exact now");
    });
}

/// The payload itself: how a race shows in these tests.
#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn a_use_that_is_not_counted_is_caught() {
    check(2, || {
        let bare = Arc::new(Bare::new());
        share(&bare, |bare, _| bare.bump());
    });
}

#[cfg(not(loom))]
#[test]
fn what_is_bare_counts_alone() {
    let bare = Bare::new();
    bare.bump();
    assert_eq!(bare.get(), 1);
}
