// SPDX-License-Identifier: GPL-2.0

//! Slow-path events of one thread, under the kernel's own names where it has one.
//!
//! After `kernel/locking/lock_events_list.h`: one list makes the struct, the names and the iterator.

use core::cell::Cell;

/// A number that only its own thread counts up.
#[derive(Default)]
pub struct Count(Cell<u64>);

impl Count {
    /// Adds one.
    #[inline]
    pub fn bump(&self) {
        self.0.set(self.0.get().wrapping_add(1));
    }

    /// Returns the count.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.get()
    }
}

/// Declares the events: a struct with a [`Count`] each, their names, and a way through them all.
macro_rules! events {
    ($($(#[$doc:meta])* $event:ident;)*) => {
        /// The slow-path events of one thread. It belongs to that thread: a [`Count`] is not `Sync`.
        #[derive(Default)]
        pub struct Events {
            $($(#[$doc])* pub $event: Count,)*
        }

        impl Events {
            /// The names, in the order of the list.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($event),)*];

            /// Returns each name with its count, in the order of the list.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($event), self.$event.get()),)*].into_iter()
            }
        }
    };
}

events! {
    /// Times the thread halted its vCPU, for whatever reason.
    halts;
    /// Times the thread kicked another's vCPU, for whatever reason.
    kicks;
    /// Times the thread yielded its CPU to another vCPU by name.
    yields;
    /// Trylocks that did not get the lock.
    trylock_failed;
    /// The lock was not free at first sight.
    lock_slowpath;
    /// Times the thread was the first waiter, the one that waits for the lock itself.
    lock_pending;
    /// The lock was taken past a queue.
    pv_lock_stealing;
    /// Halts at the head of a queue, or of the next ticket: only the holder is ahead.
    pv_wait_head;
    /// Halts behind another waiter.
    pv_wait_node;
    /// Halts before the threshold, since the vCPU ahead was preempted.
    pv_wait_early;
    /// Halts after a wake-up that did not bring the lock.
    pv_wait_again;
    /// Kicks by a holder that left.
    pv_kick_unlock;
    /// Kicks by a waiter that moved on, for the next to be awake when its turn comes.
    pv_kick_wake;
    /// Wake-ups that found nothing changed.
    pv_spurious_wakeup;
    /// Waiters that were served, or moved in the queue, past one that came earlier.
    queue_overtakes;
    /// Ends of a turn of overtaking: those who were overtaken are served (`cna`), or begin a group (`shfl`).
    queue_turns;
    /// Waits that went past an earlier ticket, its owner having let its time pass.
    ticket_timeout;
    /// Acquisitions that failed since the lock was not free in time.
    timeouts;
    /// Acquisitions that failed since the vCPU held the lock already.
    deadlock_aa;
    /// Acquisitions that failed since the holder was seen to wait for a lock that this thread holds.
    deadlock_abba;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_struct_in_its_order() {
        let events = Events::default();
        events.kicks.bump();
        events.ticket_timeout.bump();
        events.ticket_timeout.bump();
        assert!(events
            .iter()
            .map(|(name, _)| name)
            .eq(Events::NAMES.iter().copied()));
        let counted = events.iter().filter(|&(_, count)| count > 0);
        assert!(counted.eq([("kicks", 1), ("ticket_timeout", 2)]));
    }
}
