// SPDX-License-Identifier: GPL-2.0

//! Worker threads of one run, and what they share.

use crate::{
    cpu,
    gate::Gate,
    prelude::*,
    thread::Thread,
    Load,
    Placement, //
};

/// What the threads of a run share.
pub(crate) struct Workers<L: Load> {
    pub(crate) run: L::Run,
    pub(crate) gate: Gate,
    pub(crate) stop_flag: Arc<StopFlag>,
    pub(crate) placements: KVVec<Padded<Placement>>,
}

impl<L: Load> Workers<L> {
    /// Makes the threads of `run`, which wait to be woken, and what they share; `stop_flag` ends it.
    pub(crate) fn new(
        run: L::Run,
        stop_flag: Arc<StopFlag>,
    ) -> Result<(Arc<Self>, KVVec<Thread>), Refused> {
        let wanted = L::threads(&run);
        let mut cpus = KVVec::with_capacity(wanted as usize, may_fail())?;
        let mut placements = KVVec::with_capacity(wanted as usize, may_fail())?;
        for cpu in cpu::online().take(wanted as usize) {
            cpus.push(cpu, GFP_KERNEL)?;
            placements.push(Padded(Placement::new(cpu)), GFP_KERNEL)?;
        }
        if cpus.len() < wanted as usize {
            return Err(Refused::too_few_vcpus(wanted, cpus.len() as u32));
        }
        let workers = Arc::new(
            Self {
                run,
                gate: Gate::new(),
                stop_flag,
                placements,
            },
            GFP_KERNEL,
        )?;
        let mut threads = KVVec::with_capacity(wanted as usize, may_fail())?;
        for (index, &cpu) in (0..).zip(&cpus) {
            let shared = workers.clone();
            let thread = Thread::new(L::NAME, index, Some(cpu), move || shared.thread(index))?;
            thread.set_lowest_priority();
            threads.push(thread, GFP_KERNEL)?;
        }
        Ok((workers, threads))
    }

    /// Thread function of the thread `index`.
    fn thread(&self, index: u32) {
        let Some(placement) = self.placements.get(index as usize) else {
            return;
        };
        let worker = Worker {
            index,
            stop_flag: &self.stop_flag,
            gate: &self.gate,
            placement,
        };
        if self.gate.pass() {
            placement.measure(|| L::work(&self.run, &worker));
        }
        placement.leave();
    }

    /// Returns the time from the opening of the gate, or from the restart of the clock, until the
    /// last thread left; all have left.
    pub(crate) fn elapsed_ns(&self) -> u64 {
        let left = self.placements.iter().map(|place| place.left_ns());
        let last = left.max().unwrap_or(0);
        last.saturating_sub(self.gate.opened_ns())
    }
}
