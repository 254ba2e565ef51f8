// SPDX-License-Identifier: GPL-2.0

//! A limit is never crossed, and reached.

use algo::{
    counter::Limited,
    primitive::{on, Atomic, PerVcpu, Relaxed},
};

use crate::{
    support::{check, together, Arc, ROUNDS},
    OneIsLeft,
    Place::{self, *},
    Vcpus,
};

/// Two threads at `place` add and take away about `limit`.
fn is_not_crossed(place: Place, threshold: u32, limit: i64) {
    check(3, move || {
        let count = Arc::new(Limited::new(PerVcpu::new(2), threshold, limit));
        let truth = Arc::new(Atomic::new(0i64));
        let (theirs, sure) = (count.clone(), truth.clone());
        together(2, move |i| {
            place.run(i, || {
                for n in 0..2 * ROUNDS {
                    if theirs.try_add(2) {
                        let before = sure.fetch_add(2, Relaxed);
                        assert!(before + 2 <= limit, "{before} + 2");
                        if n % 3 != 2 {
                            sure.fetch_sub(2, Relaxed);
                            theirs.sub(2);
                        }
                    }
                }
            });
        });
        assert_eq!(count.sum(), truth.load(Relaxed));
        assert!(count.sum() <= count.read() && count.read() <= limit);
    });
}

tests! {
    limit_is_not_crossed_by_two_vcpus: is_not_crossed(OwnVcpus, 2, 3);
    limit_is_not_crossed_in_an_interrupt: is_not_crossed(OneVcpu, 4, 6);
}

#[test]
fn it_is_reached_though_others_have_some_to_spare() {
    check(1, || {
        let count = Limited::new(PerVcpu::new(2), 10, 20);
        assert!(on(1, || count.try_add(3)));
        assert_eq!((count.sum(), count.read()), (3, 8), "5 to spare on vCPU 1");
        assert!(on(0, || count.try_add(10)));
        assert!(!on(0, || count.try_add(5)));
        assert!(on(0, || count.try_add_near(5, &Vcpus(2))));
        assert!(!on(0, || count.try_add_near(3, &Vcpus(2))));
        assert!(on(0, || count.try_add_near(2, &OneIsLeft(2))));
        assert_eq!((count.sum(), count.read()), (20, 20));
        assert!(!on(1, || count.try_add_near(1, &Vcpus(2))));
        on(1, || count.sub(20));
        assert_eq!(count.sum(), 0);
        assert!(
            on(0, || count.try_add_near(20, &OneIsLeft(2))),
            "vCPU 1 left its own"
        );
    });
}

/// Two threads want the last of it: one gets it, wherever the spare is.
#[test]
fn the_last_of_it_goes_to_one() {
    check(3, || {
        let count = Arc::new(Limited::new(PerVcpu::new(2), 4, 3));
        assert!(on(1, || count.try_add(1)));
        let won = Arc::new(Atomic::new(0u32));
        let (theirs, wins) = (count.clone(), won.clone());
        together(2, move |i| {
            on(i, || {
                if theirs.try_add_near(2, &Vcpus(2)) {
                    wins.add(1, Relaxed);
                }
            });
        });
        assert!(won.load(Relaxed) <= 1);
        assert_eq!(count.sum(), 1 + 2 * i64::from(won.load(Relaxed)));
    });
}

/// What another thread has to spare, or is about to, refuses no addition.
#[test]
fn it_refuses_nothing_that_the_limit_allows() {
    check(3, || {
        let count = Arc::new(Limited::new(PerVcpu::new(2), 4, 4));
        let theirs = count.clone();
        together(2, move |i| {
            on(i, || {
                for _ in 0..ROUNDS {
                    if i == 0 {
                        assert!(theirs.try_add_near(2, &Vcpus(2)));
                        theirs.sub(2);
                        continue;
                    }
                    let added = (0..2).filter(|_| theirs.try_add(1)).count();
                    theirs.sub(added as i64);
                }
            });
        });
        assert_eq!(count.sum(), 0);
    });
}
