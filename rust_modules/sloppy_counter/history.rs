// SPDX-License-Identifier: GPL-2.0

//! History of the truth, from which the age of a read follows.

/// A time, and how many additions were done then; both never fall.
type Entry = (u64, u64);

/// Entries of a history.
const ENTRIES: usize = 128;
/// Least distance of two entries at first.
const DISTANCE_NS: u64 = 20_000;

/// History of the truth for one thread, as far back as the oldest read needs: a full one drops every
/// other entry and doubles the distance. So an age is right to a hundredth or so.
pub(crate) struct History {
    entries: [Entry; ENTRIES],
    len: usize,
    distance_ns: u64,
}

impl History {
    pub(crate) fn new() -> Self {
        Self {
            entries: [(0, 0); ENTRIES],
            len: 0,
            distance_ns: DISTANCE_NS,
        }
    }

    fn known(&self) -> &[Entry] {
        self.entries.get(..self.len).unwrap_or_default()
    }

    /// Records that `truth` additions were done at `now`.
    pub(crate) fn record(&mut self, now: u64, truth: u64) {
        if let Some(&(last, _)) = self.known().last() {
            if now.saturating_sub(last) < self.distance_ns {
                return;
            }
        }
        if self.len >= ENTRIES {
            self.thin_out();
        }
        if let Some(entry) = self.entries.get_mut(self.len) {
            *entry = (now, truth);
            self.len = self.len.saturating_add(1);
        }
    }

    /// Returns how long ago `value` additions were done, and drops what was before: later reads
    /// return no less, but for their error.
    pub(crate) fn age(&mut self, now: u64, value: u64) -> u64 {
        let newest = self.known().iter().rposition(|&(_, truth)| truth <= value);
        let entry = self.known().get(newest.unwrap_or(0));
        let at = entry.map_or(now, |&(at, _)| at);
        if let Some(first) = newest {
            self.entries.rotate_left(first.min(ENTRIES));
            self.len = self.len.saturating_sub(first);
        }
        now.saturating_sub(at)
    }

    fn thin_out(&mut self) {
        let mut kept = [(0, 0); ENTRIES];
        let mut len: usize = 0;
        for (to, from) in kept.iter_mut().zip(self.known().iter().step_by(2)) {
            *to = *from;
            len = len.saturating_add(1);
        }
        self.entries = kept;
        self.len = len;
        self.distance_ns = self.distance_ns.saturating_mul(2);
    }
}
