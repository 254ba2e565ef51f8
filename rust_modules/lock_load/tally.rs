// SPDX-License-Identifier: GPL-2.0

//! What the threads of a trial did, and how they leave it: together.

use abi::{
    status::OracleState,
    trial::Trial as Line, //
};
use algo::{
    primitive::{
        Atomic,
        Relaxed, //
    },
    Events, //
};
use kernel::prelude::*;
use rig::{
    cond_resched,
    Padded,
    Watchdog, //
};

/// What the threads did.
pub(crate) struct Tally {
    each: KVVec<Padded<Done>>,
    /// Threads that will not halt any more.
    pub(crate) left: Padded<Atomic<u32>>,
}

/// What one thread did. It alone writes it.
pub(crate) struct Done {
    sections: Atomic<u64>,
    halts: Atomic<u64>,
    kicks: Atomic<u64>,
}

impl Done {
    pub(crate) fn sections(&self) -> u64 {
        self.sections.load(Relaxed)
    }

    pub(crate) fn halts(&self) -> u64 {
        self.halts.load(Relaxed)
    }

    pub(crate) fn kicks(&self) -> u64 {
        self.kicks.load(Relaxed)
    }
}

impl Tally {
    pub(crate) fn new(threads: u32) -> Result<Self> {
        let mut each = KVVec::with_capacity(threads as usize, GFP_KERNEL)?;
        for _ in 0..threads {
            let done = Done {
                sections: Atomic::new(0),
                halts: Atomic::new(0),
                kicks: Atomic::new(0),
            };
            each.push(Padded(done), GFP_KERNEL)?;
        }
        Ok(Self {
            each,
            left: Padded(Atomic::new(0)),
        })
    }

    pub(crate) fn threads(&self) -> u32 {
        self.each.len() as u32
    }

    /// Each thread's, in their order.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Done> {
        self.each.iter().map(|done| &**done)
    }

    /// The thread `index` has done its part. It calls `meanwhile` until all have: somebody may still
    /// be halted, and need rescue.
    pub(crate) fn leave(&self, index: u32, sections: u64, events: &Events, meanwhile: impl Fn()) {
        if let Some(done) = self.each.get(index as usize) {
            done.sections.store(sections, Relaxed);
            done.halts.store(events.halts.get(), Relaxed);
            done.kicks.store(events.kicks.get(), Relaxed);
        }
        self.left.add(1, Relaxed);
        while self.left.load(Relaxed) < self.threads() {
            meanwhile();
            cond_resched();
        }
    }
}

/// What a trial came to that made `rounds` of those `wanted`.
pub(crate) fn trial_line(dog: &Watchdog, wanted: u64, rounds: u64) -> Line {
    let (lost, woken) = (u64::from(dog.lost()), dog.wakes());
    Line {
        wanted,
        rounds,
        kicked: woken.kicked,
        late: woken.late,
        spurious: woken.spurious,
        lost,
        storm: 0,
        wake_mean_ns: 0,
        wake_max_ns: 0,
        verdict: match lost {
            0 if rounds < wanted => OracleState::Untested,
            0 => OracleState::Held,
            _ => OracleState::Broken,
        },
    }
}
