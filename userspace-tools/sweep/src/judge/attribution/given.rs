// SPDX-License-Identifier: GPL-2.0

//! The cause that the module gave to one wait, from what its report has: for each cause the number and the
//! exact sum of its long waits, for each thread a histogram of waits and the longest exactly.
//!
//! Usually a run has few long waits, and only one cause of the wait in question leaves the others an assignment
//! with those numbers and sums.

use abi::{
    histogram::Of,
    lock_load::{Cause, LongWaits},
};
use results::LockLoad;

/// A wait that was long, or may have been.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongWait {
    pub thread: u32,
    /// Bounds of its length, in nanoseconds.
    pub low: u64,
    pub high: u64,
    /// Whether it was longer than `long_us` for certain.
    pub is_certain: bool,
}

/// The most assignments that are tried.
const MOST_TRIED: u32 = 200_000;

/// The waits of a run that were long, or may have been: in the bucket of the histogram where long waits begin.
pub fn long_waits(report: &LockLoad) -> Vec<LongWait> {
    let least = u64::from(report.config.long_us) * 1000;
    let threads = report.histograms.iter();
    let waits = threads
        .filter(|one| one.head.of == Of::Wait)
        .flat_map(|one| {
            let thread = one.head.index;
            let longer = one.times.longer_than(least).into_iter();
            longer.map(move |(low, high)| LongWait {
                thread,
                low,
                high,
                is_certain: low > least,
            })
        });
    waits.collect()
}

/// The cause that was given to `waits[at]`; nothing if `sums` leave more than one open, or none.
pub fn cause_of(at: usize, waits: &[LongWait], sums: &[LongWaits]) -> Option<Cause> {
    let mut others = waits.to_vec();
    let wait = others.remove(at);
    let mut tried = 0;
    let mut possible = Vec::new();
    for (n, sum) in sums.iter().enumerate() {
        let mut left: Vec<Left> = sums.iter().map(Left::of).collect();
        if left[n].take(&wait) && fits(&others, &mut left, &mut tried) {
            possible.push(sum.cause);
        }
    }
    match possible.as_slice() {
        [cause] if tried < MOST_TRIED => Some(*cause),
        _ => None,
    }
}

/// What is left of a sum: waits, and bounds of their length.
#[derive(Clone, Copy)]
struct Left {
    count: u64,
    ns: u64,
    low: u64,
    high: u64,
}

impl Left {
    fn of(sum: &LongWaits) -> Self {
        let (count, ns) = (sum.count, sum.ns);
        Self {
            count,
            ns,
            low: 0,
            high: 0,
        }
    }

    /// Adds a wait; not if there is no room for it.
    fn take(&mut self, wait: &LongWait) -> bool {
        if self.count == 0 || self.low + wait.low > self.ns {
            return false;
        }
        self.count -= 1;
        self.low += wait.low;
        self.high += wait.high;
        true
    }

    fn is_met(&self) -> bool {
        self.count == 0 && (self.low..=self.high).contains(&self.ns)
    }
}

/// Whether `waits` can be assigned so that every sum is met.
fn fits(waits: &[LongWait], left: &mut [Left], tried: &mut u32) -> bool {
    *tried += 1;
    if *tried >= MOST_TRIED {
        return true;
    }
    let Some((wait, others)) = waits.split_first() else {
        return left.iter().all(Left::is_met);
    };
    for n in 0..left.len() {
        let before = left[n];
        let fits_here = left[n].take(wait) && fits(others, left, tried);
        left[n] = before;
        if fits_here {
            return true;
        }
    }
    !wait.is_certain && fits(others, left, tried)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::lock_load::Cause::{HolderPreempted, PredecessorPreempted, Queueing, WaiterStolen};

    fn exact(ns: u64) -> LongWait {
        within(ns, ns)
    }

    fn within(low: u64, high: u64) -> LongWait {
        LongWait {
            thread: 0,
            low,
            high,
            is_certain: true,
        }
    }

    fn sums(of: [(u64, u64); 4]) -> Vec<LongWaits> {
        let sums = Cause::ALL.iter().zip(of);
        sums.map(|(&cause, (count, ns))| LongWaits { cause, count, ns })
            .collect()
    }

    #[test]
    fn length_shows_which_cause_was_given_to_which_wait() {
        let waits = [exact(56_200), exact(37_511)];
        let sums = sums([(0, 0), (1, 37_511), (1, 56_200), (0, 0)]);
        assert_eq!(
            Cause::ALL,
            [
                HolderPreempted,
                PredecessorPreempted,
                WaiterStolen,
                Queueing
            ]
        );
        assert_eq!(cause_of(0, &waits, &sums), Some(WaiterStolen));
        assert_eq!(cause_of(1, &waits, &sums), Some(PredecessorPreempted));
    }

    #[test]
    fn other_waits_may_share_the_sum() {
        let waits = [
            exact(50_100),
            within(26_000, 26_700),
            within(30_000, 30_900),
        ];
        let holder_twice = sums([(2, 76_500), (0, 0), (0, 0), (1, 30_500)]);
        assert_eq!(cause_of(0, &waits, &holder_twice), Some(HolderPreempted));
        let queue_twice = sums([(1, 30_500), (0, 0), (0, 0), (2, 76_500)]);
        assert_eq!(cause_of(0, &waits, &queue_twice), Some(Queueing));
    }

    #[test]
    fn what_sums_leave_open_has_no_cause() {
        let alike = [within(50_000, 51_000), within(50_000, 51_000)];
        let sums = |ns| sums([(1, ns), (0, 0), (0, 0), (1, 50_400)]);
        assert_eq!(cause_of(0, &alike, &sums(50_300)), None);
        assert_eq!(
            cause_of(0, &alike, &sums(60_000)),
            None,
            "no assignment has that sum"
        );
    }

    #[test]
    fn wait_that_may_have_been_short_may_be_left_out() {
        let maybe = LongWait {
            is_certain: false,
            ..within(24_500, 25_300)
        };
        let waits = [exact(50_100), maybe];
        for sums in [
            sums([(1, 50_100), (0, 0), (0, 0), (0, 0)]),
            sums([(1, 50_100), (0, 0), (0, 0), (1, 25_100)]),
        ] {
            assert_eq!(cause_of(0, &waits, &sums), Some(HolderPreempted));
        }
    }
}
