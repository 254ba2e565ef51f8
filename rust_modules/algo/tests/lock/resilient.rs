// SPDX-License-Identifier: GPL-2.0

//! `resilient`: which deadlocks and timeouts it reports, and that it goes on after them.

use algo::{
    lock::{self, Failed, Lock},
    primitive::{spin_until, Acquire, Atomic, Release},
    Tuning, Waiter,
};

use crate::{
    support::{check, Arc, Bare, ROUNDS},
    vcpus, waiter,
};

/// Two locks, what they protect, and the failures of all threads: timeouts, AA and ABBA.
struct Two<const CONFIRM: bool> {
    locks: [lock::Resilient<CONFIRM>; 2],
    words: [Bare; 2],
    failed: std::sync::Mutex<[u64; 3]>,
}

impl<const CONFIRM: bool> Two<CONFIRM> {
    fn new() -> Self {
        Self {
            locks: [Lock::new(), Lock::new()],
            words: [Bare::new(), Bare::new()],
            failed: Default::default(),
        }
    }

    /// Runs `body` in a section of lock `i`, if that can be had.
    fn section<R>(&self, i: usize, me: &Waiter, body: impl FnOnce() -> R) -> Result<R, Failed> {
        self.locks[i].acquire(me, || {
            self.words[i].bump();
            body()
        })
    }

    fn close(&self, me: &Waiter) {
        let events = &me.events;
        let counts = [&events.timeouts, &events.deadlock_aa, &events.deadlock_abba];
        let mut all = self.failed.lock().unwrap();
        all.iter_mut()
            .zip(counts)
            .for_each(|(all, n)| *all += n.get());
    }
}

/// Runs `work` on two threads, whose acquisitions time out after the `timeout` of each; returns the failures,
/// and how many sections there were.
fn on_two<const CONFIRM: bool>(
    preemptions: usize,
    timeouts: [u64; 2],
    work: fn(u32, &Waiter, &Two<CONFIRM>),
    expect: fn([u64; 3], [u32; 2]),
) {
    check(preemptions, move || {
        let two = Arc::new(Two::<CONFIRM>::new());
        let theirs = two.clone();
        vcpus(2, move |thread| {
            let me = Waiter::new(Tuning {
                timeout: timeouts[thread as usize],
                ..Tuning::DEFAULT
            });
            (0..ROUNDS).for_each(|_| work(thread, &me, &theirs));
            theirs.close(&me);
        });
        let failed = *two.failed.lock().unwrap();
        expect(failed, [0, 1].map(|i: usize| two.words[i].get()));
    });
}

const NEVER: u64 = u64::MAX;

/// Each thread holds one lock and acquires the other's: an ABBA deadlock, unless they miss each other.
fn abba(thread: u32, me: &Waiter, two: &Two<true>) {
    let (mine, other) = (thread as usize, 1 - thread as usize);
    let _ = two.section(mine, me, || two.section(other, me, || ()));
}

#[test]
fn resolves_every_abba_deadlock() {
    // Without a timeout an undetected one does not end.
    on_two(3, [NEVER; 2], abba, |[timeouts, aa, abba], sections| {
        assert_eq!((timeouts, aa), (0, 0));
        let all: u32 = sections.into_iter().sum();
        assert_eq!(u64::from(all) + abba, u64::from(4 * ROUNDS));
    });
}

/// The same with a lock of its own in between: each lock that a thread holds counts.
fn abba_around_another(thread: u32, me: &Waiter, two: &Two<true>) {
    let (mine, other) = (thread as usize, 1 - thread as usize);
    let own = lock::Resilient::<true>::new();
    let _ = two.section(mine, me, || {
        own.acquire(me, || two.section(other, me, || ()))
    });
}

#[test]
fn sees_every_lock_that_it_holds() {
    on_two(
        2,
        [NEVER; 2],
        abba_around_another,
        |[timeouts, aa, abba], sections| {
            assert_eq!((timeouts, aa), (0, 0));
            let all: u32 = sections.into_iter().sum();
            assert_eq!(u64::from(all) + abba, u64::from(4 * ROUNDS));
        },
    );
}

#[test]
fn reports_aa_at_once() {
    on_two::<true>(
        2,
        [NEVER; 2],
        |_, me, two| {
            let again = two.section(0, me, || two.section(0, me, || ()));
            assert_eq!(again, Ok(Err(Failed::Aa)));
        },
        |failed, sections| {
            assert_eq!(failed, [0, u64::from(2 * ROUNDS), 0]);
            assert_eq!(sections, [2 * ROUNDS, 0]);
        },
    );
}

/// Nested in order by one thread, one after the other by the other: no deadlock.
fn in_order<const CONFIRM: bool>(thread: u32, me: &Waiter, two: &Two<CONFIRM>) {
    if thread == 0 {
        let _ = two.section(0, me, || two.section(1, me, || ()));
    } else {
        let _ = two.section(1, me, || ());
        let _ = two.section(0, me, || ());
    }
}

/// The same in one order, and the second thread has waited before for what the first holds.
fn in_order_after(thread: u32, me: &Waiter, two: &Two<true>) {
    if thread == 0 {
        let _ = two.section(0, me, || ());
        let _ = two.section(0, me, || two.section(1, me, || ()));
    } else {
        let _ = two.section(0, me, || ());
        let _ = two.section(1, me, || ());
    }
}

fn reports_none(failed: [u64; 3], sections: [u32; 2]) {
    assert_eq!((failed, sections), ([0; 3], [2 * ROUNDS; 2]));
}

#[test]
fn takes_no_order_for_a_deadlock() {
    on_two(4, [NEVER; 2], in_order::<true>, reports_none);
}

#[test]
fn takes_no_wait_that_ended_for_one() {
    on_two(4, [NEVER; 2], in_order_after, |failed, sections| {
        assert_eq!((failed, sections), ([0; 3], [3 * ROUNDS, 2 * ROUNDS]));
    });
}

/// Threads need not meet the race; loom always does.
#[cfg(loom)]
#[test]
#[should_panic(expected = "left: ([0, 0, 1]")]
fn unconfirmed_reports_a_false_deadlock() {
    on_two(4, [NEVER; 2], in_order::<false>, reports_none);
}

#[test]
fn gives_up_after_its_timeout() {
    // One thread has no time at all, the other all of it.
    on_two::<true>(
        4,
        [0, NEVER],
        |_, me, two| {
            let _ = two.section(0, me, || ());
        },
        |[timeouts, aa, abba], [sections, _]| {
            assert_eq!((aa, abba), (0, 0));
            assert_eq!(u64::from(sections) + timeouts, u64::from(2 * ROUNDS));
            assert!(sections >= ROUNDS);
        },
    );
}

/// Only a timeout ends a wait for a lock that is held until then.
#[test]
fn gives_up_a_lock_that_stays_held() {
    check(3, || {
        // Which of the two holds the lock, and whether the other gave up.
        let shared = Arc::new((Two::<true>::new(), Atomic::new(0u32), Atomic::new(0u32)));
        vcpus(2, move |thread| {
            let (two, held, over) = &*shared;
            let me = Waiter::new(Tuning {
                timeout: 0,
                ..Tuning::DEFAULT
            });
            if thread == 0 {
                let held = two.section(0, &me, || {
                    held.store(1, Release);
                    spin_until(|| over.load(Acquire) == 1, || ());
                });
                assert_eq!(held, Ok(()));
            } else {
                spin_until(|| held.load(Acquire) == 1, || ());
                assert_eq!(two.section(0, &me, || ()), Err(Failed::Timeout));
                over.store(1, Release);
            }
        });
    });
}

/// A waiter behind another waits for it, however long.
#[test]
fn keeps_its_queue_without_a_timeout() {
    check(2, || {
        let two = Arc::new(Two::<true>::new());
        let theirs = two.clone();
        vcpus(3, move |_| {
            let me = Waiter::new(Tuning::DEFAULT);
            (0..ROUNDS).for_each(|_| assert_eq!(theirs.section(0, &me, || ()), Ok(())));
            theirs.close(&me);
        });
        assert_eq!(*two.failed.lock().unwrap(), [0; 3]);
        assert_eq!(two.words[0].get(), 3 * ROUNDS);
    });
}

/// A waiter behind one that times out does not wait on.
#[test]
fn gives_up_its_queue_after_a_timeout() {
    check(2, || {
        let two = Arc::new(Two::<true>::new());
        let theirs = two.clone();
        vcpus(3, move |thread| {
            let me = Waiter::new(Tuning {
                timeout: if thread == 0 { NEVER } else { 0 },
                ..Tuning::DEFAULT
            });
            for _ in 0..ROUNDS {
                let _ = theirs.section(0, &me, || ());
            }
            theirs.close(&me);
        });
        let me = waiter(0);
        assert!(
            two.locks[0].try_with(&me, || ()).is_some(),
            "it is free again"
        );
        let [timeouts, ..] = *two.failed.lock().unwrap();
        let sections = two.words[0].get();
        assert_eq!(u64::from(sections) + timeouts, u64::from(3 * ROUNDS));
    });
}
