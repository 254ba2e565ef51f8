// SPDX-License-Identifier: GPL-2.0

//! Log of the first long waits of a thread: when they were, and what took how much of each.

use core::ops::Deref;

use algo::preemption_log::Parts;

use crate::SingleWriter;

/// Long waits that are logged of each thread, the first of a run; the others are in the sums alone.
pub const LOGGED_WAITS: usize = 64;

/// A long wait; times are of the run's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggedWait {
    /// The vCPU that the thread was on at its end.
    pub vcpu: u32,
    /// When it began.
    pub begin_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// Its parts, in nanoseconds.
    pub parts: Parts,
}

/// Memory of one long wait.
#[derive(Default)]
pub struct WaitWords([SingleWriter; 7]);

impl WaitWords {
    fn set(&self, wait: &LoggedWait) {
        let Parts {
            holder,
            predecessor,
            own,
            queue,
        } = wait.parts;
        let vcpu = wait.vcpu.into();
        let words = [
            vcpu,
            wait.begin_ns,
            wait.end_ns,
            holder,
            predecessor,
            own,
            queue,
        ];
        for (to, word) in self.0.iter().zip(words) {
            to.set(word);
        }
    }

    fn get(&self) -> LoggedWait {
        let words = self.0.each_ref().map(SingleWriter::get);
        let [vcpu, begin_ns, end_ns, holder, predecessor, own, queue] = words;
        LoggedWait {
            vcpu: vcpu as u32,
            begin_ns,
            end_ns,
            parts: Parts {
                holder,
                predecessor,
                own,
                queue,
            },
        }
    }
}

/// The first long waits of one thread, which alone writes them; `S` is their memory.
pub struct WaitLog<S> {
    count: SingleWriter,
    waits: S,
}

impl<S: Deref<Target = [WaitWords]>> WaitLog<S> {
    /// Creates it, empty.
    pub fn new(waits: S) -> Self {
        Self {
            count: SingleWriter::default(),
            waits,
        }
    }

    /// Adds a wait, if there is memory left.
    pub fn add(&self, wait: &LoggedWait) {
        if let Some(words) = self.waits.get(self.count.get() as usize) {
            words.set(wait);
            self.count.add(1);
        }
    }

    /// Returns the waits in their order; the thread has left.
    pub fn waits(&self) -> impl Iterator<Item = LoggedWait> + '_ {
        let logged = self.waits.iter().take(self.count.get() as usize);
        logged.map(WaitWords::get)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn first_waits_are_kept_as_they_were_added() {
        let memory: [WaitWords; 2] = Default::default();
        let log = WaitLog::new(&memory[..]);
        let wait = |n| LoggedWait {
            vcpu: n as u32,
            begin_ns: n,
            end_ns: 15 + n,
            parts: Parts {
                holder: 1,
                predecessor: 2,
                own: 4,
                queue: 8,
            },
        };
        (0..3).for_each(|n| log.add(&wait(n)));
        assert_eq!(log.waits().collect::<Vec<_>>(), [wait(0), wait(1)]);
    }
}
