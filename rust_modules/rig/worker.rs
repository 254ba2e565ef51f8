// SPDX-License-Identifier: GPL-2.0

//! Worker thread of a run, as its load sees it, and its placement.

use algo::primitive::Vcpu;
use kernel::cpu::CpuId;

use crate::{
    gate::Gate,
    helpers,
    prelude::*, //
};

/// Placement of a thread: its vCPU, and its migrations.
pub struct Placement {
    vcpu: u32,
    left_ns: Atomic<u64>,
    /// vCPU at the last look; the thread alone uses it.
    seen: Atomic<u32>,
    moved: Atomic<u32>,
    queued_ns: Atomic<u64>,
}

impl Placement {
    pub(crate) fn new(cpu: CpuId) -> Self {
        Self {
            vcpu: cpu.as_u32(),
            left_ns: Atomic::new(0),
            seen: Atomic::new(cpu.as_u32()),
            moved: Atomic::new(0),
            queued_ns: Atomic::new(0),
        }
    }

    /// Returns the vCPU that the thread was bound to.
    pub fn vcpu(&self) -> u32 {
        self.vcpu
    }

    /// Returns how often the thread found itself on another vCPU than before.
    pub fn moved(&self) -> u32 {
        self.moved.load(Relaxed)
    }

    /// Returns for how long the thread was ready to run while its vCPU ran something else.
    pub fn queued_ns(&self) -> u64 {
        self.queued_ns.load(Relaxed)
    }

    /// Returns when the thread left; 0 before.
    pub(crate) fn left_ns(&self) -> u64 {
        self.left_ns.load(Relaxed)
    }

    /// Runs `work` on the calling thread and records for how long it was queued.
    pub(crate) fn measure(&self, work: impl FnOnce()) {
        let before = queued_ns();
        work();
        let queued = queued_ns().saturating_sub(before);
        self.queued_ns.store(queued, Relaxed);
    }

    /// Records that the calling thread leaves.
    pub(crate) fn leave(&self) {
        self.left_ns.store(now_ns(), Relaxed);
        self.current_vcpu();
    }

    /// Returns the vCPU that the calling thread, whose placement this is, runs on.
    fn current_vcpu(&self) -> u32 {
        let here = Vcpu::current().number();
        if here != self.seen.load(Relaxed) {
            self.seen.store(here, Relaxed);
            self.moved.add(1, Relaxed);
        }
        here
    }
}

/// Worker thread.
pub struct Worker<'a> {
    /// Its number, from 0.
    pub index: u32,
    /// Goes up when it has to stop.
    pub stop_flag: &'a Arc<StopFlag>,
    pub(crate) gate: &'a Gate,
    pub(crate) placement: &'a Placement,
}

impl Worker<'_> {
    /// Restarts the time of the run: it counts from now, and the stop flag goes up in `ms` unless
    /// the handle that is returned is dropped before.
    ///
    /// For a load whose threads wait for each other behind the gate. One thread may call it. If the flag is up
    /// already, others have worked without waiting any longer, and time goes on to count from the gate.
    pub fn start_clock(&self, ms: u32) -> impl Sized {
        if !self.stop_flag.is_raised() {
            self.gate.restart_clock();
        }
        self.stop_flag.raise_in(ms)
    }

    /// Returns when the time of the run began.
    pub fn opened_ns(&self) -> u64 {
        self.gate.opened_ns()
    }

    /// Returns the vCPU that the thread runs on, and counts a migration if it is another than at the
    /// last call. One call after each batch sees all migrations but those there and back.
    pub fn current_vcpu(&self) -> u32 {
        self.placement.current_vcpu()
    }

    /// Migrates the thread to `vcpu`, where it stays; false if that is not online.
    pub fn move_to(&self, vcpu: u32) -> bool {
        // SAFETY: The number is that of a CPU; this may be called where it may sleep.
        CpuId::from_u32(vcpu).is_some() && unsafe { helpers::slowpath_move_to(vcpu) == 0 }
    }
}

/// Returns for how long the calling thread has waited for its vCPU since it was made.
fn queued_ns() -> u64 {
    // SAFETY: May be called anywhere.
    unsafe { helpers::slowpath_queued_ns() }
}
