// SPDX-License-Identifier: GPL-2.0

//! When the truth was what a read says.

/// A time, and how many additions were over then; both never fall.
type Entry = (u64, u64);

/// How many moments are kept.
const KEPT: usize = 128;

/// A thread's memory of the truth, as far back as the oldest read needs: when it is full, every
/// other moment is forgotten, and new ones are noted half as often. So an age is right to a
/// hundredth or so.
pub(crate) struct History {
    entries: [Entry; KEPT],
    len: usize,
    apart_ns: u64,
}

impl History {
    /// How far moments are apart at first.
    const APART_NS: u64 = 20_000;

    pub(crate) fn new() -> Self {
        Self {
            entries: [(0, 0); KEPT],
            len: 0,
            apart_ns: Self::APART_NS,
        }
    }

    fn known(&self) -> &[Entry] {
        self.entries.get(..self.len).unwrap_or_default()
    }

    /// Notes that `truth` additions were over at `now`.
    pub(crate) fn note(&mut self, now: u64, truth: u64) {
        if let Some(&(last, _)) = self.known().last() {
            if now.saturating_sub(last) < self.apart_ns {
                return;
            }
        }
        if self.len >= KEPT {
            self.thin_out();
        }
        if let Some(entry) = self.entries.get_mut(self.len) {
            *entry = (now, truth);
            self.len = self.len.saturating_add(1);
        }
    }

    /// Returns how long ago `value` additions were over, and forgets what was before: no later
    /// read says less, but for what it is off.
    pub(crate) fn age(&mut self, now: u64, value: u64) -> u64 {
        let newest = self.known().iter().rposition(|&(_, truth)| truth <= value);
        let (at, _) = self
            .known()
            .get(newest.unwrap_or(0))
            .copied()
            .unwrap_or((now, 0));
        if let Some(first) = newest {
            self.entries.rotate_left(first.min(KEPT));
            self.len = self.len.saturating_sub(first);
        }
        now.saturating_sub(at)
    }

    fn thin_out(&mut self) {
        let mut kept = [(0, 0); KEPT];
        let every_other = self.known().iter().step_by(2);
        let mut len: usize = 0;
        for (to, from) in kept.iter_mut().zip(every_other) {
            *to = *from;
            len = len.saturating_add(1);
        }
        self.entries = kept;
        self.len = len;
        self.apart_ns = self.apart_ns.saturating_mul(2);
    }
}
