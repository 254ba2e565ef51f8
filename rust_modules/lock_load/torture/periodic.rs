// SPDX-License-Identifier: GPL-2.0

//! Something that is due periodically.

/// A period, and when it next ends.
pub(super) struct Periodic {
    period_ns: u64,
    next_ns: u64,
}

impl Periodic {
    /// Begins at 0; never due if the period is 0.
    pub(super) fn new(period_ns: u64) -> Self {
        let next_ns = match period_ns {
            0 => u64::MAX,
            _ => period_ns,
        };
        Self { period_ns, next_ns }
    }

    /// Returns when it is next due.
    pub(super) fn next_ns(&self) -> u64 {
        self.next_ns
    }

    /// Returns whether it is due, and begins the next period if so. Missed periods are dropped.
    pub(super) fn is_due(&mut self, now_ns: u64) -> bool {
        let due = now_ns >= self.next_ns;
        if due {
            self.next_ns = now_ns.saturating_add(self.period_ns);
        }
        due
    }
}

/// Returns `ms` in nanoseconds.
pub(super) fn ns(ms: u32) -> u64 {
    u64::from(ms).saturating_mul(1_000_000)
}
