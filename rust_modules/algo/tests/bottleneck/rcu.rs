// SPDX-License-Identifier: GPL-2.0

//! What a reader may still see stays there until a grace period is over.

use algo::primitive::{grace, rcu, Acquire, Atomic, Cell, Full, Relaxed, Release};

use crate::support::{check, together, Arc, ROUNDS};

/// Two rooms, one of which is shown; the other is refilled while nobody can be in it.
struct Rooms {
    shown: Atomic<u32>,
    rooms: [Cell<u32>; 2],
}

// SAFETY: None; loom reports a reader in a room that is being refilled.
unsafe impl Sync for Rooms {}
// SAFETY: As above.
unsafe impl Send for Rooms {}

impl Rooms {
    fn new() -> Self {
        Self {
            shown: Atomic::new(0),
            rooms: [Cell::new(0), Cell::new(0)],
        }
    }

    fn read(&self) -> u32 {
        rcu(|| {
            let shown = self.shown.load(Acquire) as usize;
            // SAFETY: See `Sync`.
            self.rooms[shown % 2].with(|room| unsafe { *room })
        })
    }

    fn refill(&self, with: u32, wait: bool) {
        let next = self.shown.load(Relaxed) + 1;
        // SAFETY: See `Sync`.
        self.rooms[next as usize % 2].with_mut(|room| unsafe { *room = with });
        self.shown.store(next, Release);
        if wait {
            grace();
        }
    }
}

/// Refills twice while others read, so that the second time a reader of the first room may be late.
fn refilled(threads: u32, wait: bool) {
    check(2, move || {
        let rooms = Arc::new(Rooms::new());
        together(threads, move |i| {
            let mut last = 0;
            for round in 0..ROUNDS.min(2000) {
                match i {
                    0 => (1..3).for_each(|n| rooms.refill(2 * round + n, wait)),
                    _ => {
                        let seen = rooms.read();
                        assert!(seen >= last, "a room was refilled under its reader");
                        last = seen;
                    }
                }
            }
        });
    });
}

#[test]
fn nobody_is_in_a_room_that_is_refilled() {
    refilled(2, true);
}

#[test]
fn nor_are_two() {
    refilled(3, true);
}

#[cfg(loom)]
#[test]
#[should_panic(expected = "Causality violation")]
fn without_a_grace_period_somebody_is() {
    refilled(2, false);
}

/// What was done before the grace period began is seen by every reader that the writer then does
/// not wait for: of two words either the reader sees the first, or the writer waits for it.
#[test]
fn who_is_not_waited_for_sees_what_was_before() {
    check(3, || {
        let words = Arc::new([Atomic::new(0u32), Atomic::new(0u32)]);
        together(2, move |i| match i {
            0 => {
                words[0].store(1, Relaxed);
                grace();
                words[1].xchg(1, Full);
            }
            _ => rcu(|| {
                let over = words[1].load(Relaxed);
                assert!(over == 0 || words[0].load(Relaxed) == 1);
            }),
        });
    });
}
