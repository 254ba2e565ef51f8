// SPDX-License-Identifier: GPL-2.0

//! Runs and gaps of threads that always use their CPU: as a clock shows them, and as EEVDF would have them.

use std::{cell::RefCell, rc::Rc};

use machine::{
    words::{compute, stamp},
    CpuId, Eevdf, GuestId, Machine, Ns, Plan,
};
use serde::{Deserialize, Serialize};

/// A longer time between two readings of the clock is a gap.
const GAP: Ns = 100_000;

/// What was measured, on what, and what the simulation says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    pub host: String,
    pub date: String,
    pub kernel: String,
    /// Load average over a minute, before.
    pub load: f64,
    pub tick_ns: Ns,
    pub base_slice_ns: Ns,
    /// Whether debugfs says so; else it is the kernel's default.
    pub base_slice_is_read: bool,
    pub threads: u32,
    pub cpus: u32,
    pub seconds: u64,
    pub measured: Gaps,
    pub simulated: Gaps,
}

/// Lengths of runs, and of the gaps between them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    pub runs: Quantiles,
    pub gaps: Quantiles,
}

/// Quantiles of lengths, in nanoseconds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantiles {
    pub count: usize,
    pub min: Ns,
    pub p10: Ns,
    pub p50: Ns,
    pub p90: Ns,
    pub p99: Ns,
    pub max: Ns,
}

/// Runs and gaps of one thread, in turn.
#[derive(Default)]
pub struct Observed {
    runs: Vec<Ns>,
    gaps: Vec<Ns>,
}

impl Observed {
    /// Reads a clock until it shows `end`. The first run and the last are left out: their other ends are not
    /// known.
    pub fn watch(end: Ns, mut clock: impl FnMut() -> Ns) -> Self {
        let mut all = Self::default();
        let mut last = clock();
        let mut began = None;
        while last < end {
            let now = clock();
            let gap = now - last;
            if gap > GAP {
                all.runs.extend(began.map(|began| last - began));
                all.gaps.push(gap);
                began = Some(now);
            }
            last = now;
        }
        all
    }

    /// Adds those of another thread.
    pub fn add(&mut self, mut other: Self) {
        self.runs.append(&mut other.runs);
        self.gaps.append(&mut other.gaps);
    }

    /// Returns nothing if there were too few.
    pub fn quantiles(self) -> Option<Gaps> {
        Some(Gaps {
            runs: Quantiles::of(self.runs)?,
            gaps: Quantiles::of(self.gaps)?,
        })
    }
}

impl Quantiles {
    fn of(mut all: Vec<Ns>) -> Option<Self> {
        if all.len() < 20 {
            return None;
        }
        all.sort_unstable();
        let at = |percent: usize| all[(all.len() - 1) * percent / 100];
        Some(Self {
            count: all.len(),
            min: at(0),
            p10: at(10),
            p50: at(50),
            p90: at(90),
            p99: at(99),
            max: at(100),
        })
    }
}

/// The same of the simulated EEVDF, whose threads look at a clock each 20 us.
pub fn simulate(threads: u32, cpus: u32, seconds: u64, base_slice: Ns, tick: Ns) -> Option<Gaps> {
    let plan = Plan {
        end: (seconds + 1) * 1_000_000_000,
        ..Plan::new(cpus)
    };
    let end = seconds * 1_000_000_000;
    let mut machine = Machine::new(plan, Box::new(Eevdf::new(cpus, base_slice, tick, 1)));
    let all = Rc::new(RefCell::new(Observed::default()));
    for thread in 0..threads {
        let all = all.clone();
        let code = move || {
            let clock = || {
                compute(20_000);
                stamp()
            };
            let observed = Observed::watch(end, clock);
            all.borrow_mut().add(observed);
        };
        let cpu = CpuId(thread % cpus);
        machine.add(GuestId(0), Some(cpu), code).ok()?;
    }
    machine.run();
    all.take().quantiles()
}
