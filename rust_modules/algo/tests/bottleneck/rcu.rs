// SPDX-License-Identifier: GPL-2.0

//! What a reader may still access stays until a grace period is over.

use algo::primitive::{grace, rcu, Acquire, Atomic, Cell, Full, Relaxed, Release};

use crate::{race, ROUNDS};

/// Two slots, one of which is shown; the other is refilled when no reader can be at it.
struct Slots {
    shown: Atomic<u32>,
    slots: [Cell<u32>; 2],
}

// SAFETY: None; loom reports a reader of a slot that is being refilled.
unsafe impl Sync for Slots {}
// SAFETY: As above.
unsafe impl Send for Slots {}

impl Slots {
    fn new() -> Self {
        Self {
            shown: Atomic::new(0),
            slots: [Cell::new(0), Cell::new(0)],
        }
    }

    fn read(&self) -> u32 {
        rcu(|| {
            // Pairs with the release in `refill`.
            let shown = self.shown.load(Acquire) as usize;
            // SAFETY: See `Sync`.
            self.slots[shown % 2].with(|slot| unsafe { *slot })
        })
    }

    fn refill(&self, with: u32, wait: bool) {
        let next = self.shown.load(Relaxed) + 1;
        // SAFETY: See `Sync`.
        self.slots[next as usize % 2].with_mut(|slot| unsafe { *slot = with });
        // Pairs with the acquire in `read`.
        self.shown.store(next, Release);
        if wait {
            grace();
        }
    }
}

/// Thread 0 refills twice while the others read, so at the second time a reader may still be at the
/// first slot.
fn refilled(threads: u32, wait: bool) {
    let step = move |slots: &Slots, thread, _: &_| {
        let mut last = 0;
        for round in 0..ROUNDS.min(2000) {
            if thread == 0 {
                (1..3).for_each(|n| slots.refill(2 * round + n, wait));
                continue;
            }
            let seen = slots.read();
            assert!(seen >= last, "a slot was refilled under its reader");
            last = seen;
        }
    };
    race(2, threads, Slots::new, step, |_| {});
}

tests! {
    no_reader_is_at_a_refilled_slot => refilled(2, true);
    neither_of_two_readers_is_at_a_refilled_slot => refilled(3, true);
    #[cfg(loom)]
    #[should_panic(expected = "Causality violation")]
    without_a_grace_period_a_reader_is_at_a_refilled_slot => refilled(2, false);
}

/// A reader that a grace period does not wait for sees all that preceded the grace period: of two
/// words either the reader sees the first, or the writer waits for the reader.
#[test]
fn reader_after_a_grace_period_sees_what_preceded_it() {
    let new = || [Atomic::new(0u32), Atomic::new(0u32)];
    let step = |words: &[Atomic<u32>; 2], thread, _: &_| match thread {
        0 => {
            words[0].store(1, Relaxed);
            grace();
            words[1].xchg(1, Full);
        }
        _ => rcu(|| {
            let over = words[1].load(Relaxed);
            assert!(over == 0 || words[0].load(Relaxed) == 1);
        }),
    };
    race(3, 2, new, step, |_| {});
}
