// SPDX-License-Identifier: GPL-2.0

//! A machine: built of vCPUs and their code, run once, and asked for what happened.

use std::{cell::RefCell, io};

use crate::{
    coroutine::{self, Code},
    host::policy::Policy,
    plan::Plan,
    simulation::Simulation,
    truth::{Counts, Logged},
    words, CpuId, GuestId, Ns, VcpuId,
};

/// A machine that has not run yet.
pub struct Machine {
    // Dropped first: code that has not ended unwinds, and its words do nothing.
    code: Vec<Code>,
    simulation: RefCell<Simulation>,
}

/// What happened in a run.
pub struct Ended {
    /// When the last code ended, or the plan.
    pub at: Ns,
    /// How often what happened.
    pub counts: Counts,
    /// Equal runs have the same.
    pub hash: u64,
    /// For each vCPU: time without a CPU though it could have run, and time halted.
    pub vcpus: Vec<(Ns, Ns)>,
    /// For each vCPU: time that it had a CPU. The host's polling for a kick counts, as it does for the host.
    pub cpu_time: Vec<Ns>,
    /// What happened, if the plan keeps that.
    pub log: Vec<Logged>,
}

impl Machine {
    /// Creates a machine without vCPUs, whose hypervisor follows `policy`.
    pub fn new(plan: Plan, policy: Box<dyn Policy>) -> Self {
        Self {
            code: Vec::new(),
            simulation: RefCell::new(Simulation::new(plan, policy)),
        }
    }

    /// Adds a vCPU of `guest`, which runs `code`; on any CPU, or on one.
    ///
    /// # Errors
    ///
    /// Without memory for its stack.
    pub fn add(
        &mut self,
        guest: GuestId,
        pinned: Option<CpuId>,
        code: impl FnOnce() + 'static,
    ) -> io::Result<VcpuId> {
        let vcpu = self.simulation.get_mut().add(guest, pinned);
        let code = move || {
            code();
            // It ends once all of its work is done.
            words::exact_time();
        };
        let (code, stack) = Code::new(vcpu, code)?;
        self.simulation.get_mut().lines.add_stack(stack);
        self.code.push(code);
        Ok(vcpu)
    }

    /// Adds the hogs of the plan, each as a guest of its own.
    fn add_hogs(&mut self) {
        let simulation = self.simulation.get_mut();
        let guests = simulation.vcpus.iter().map(|of| of.guest.0 + 1).max();
        let hogs = simulation.plan.hogs.clone();
        for (guest, hog) in (guests.unwrap_or(0)..).zip(hogs) {
            let code = move || loop {
                words::compute(hog.busy.max(1));
                match hog.idle {
                    // It computes up to its turn all the same.
                    0 => drop(words::exact_time()),
                    idle => words::sleep(idle),
                }
            };
            let added = self.add(GuestId(guest), hog.cpu, code);
            added.expect("memory for the stack of a hog");
        }
    }

    /// Runs until the end of the plan, or until all code has ended.
    ///
    /// # Panics
    ///
    /// Without memory for the stack of a hog.
    pub fn run(mut self) -> Ended {
        let own = self.code.len();
        self.add_hogs();
        let mut left = own;
        let (code, simulation) = (&mut self.code, &self.simulation);
        coroutine::during(simulation, || loop {
            let next = simulation.borrow_mut().next();
            let Some(vcpu) = next else {
                break;
            };
            let has_ended = code[vcpu.index()].resume();
            let mut simulation = simulation.borrow_mut();
            if has_ended {
                simulation.ended();
                left -= usize::from(vcpu.index() < own);
            }
            simulation.running = None;
            // Hogs never end.
            if left == 0 && !simulation.plan.hogs.is_empty() {
                break;
            }
        });
        self.code.clear();
        let mut simulation = self.simulation.into_inner();
        let now = simulation.ended_at(own);
        simulation.truth.counts.transfers = simulation.lines.transfers;
        let (vcpus, host) = (simulation.vcpus.iter(), &simulation.host);
        let stints = (0..).map(|id| host.stint(VcpuId(id), now));
        let cpu_time = vcpus.clone().zip(stints);
        Ended {
            at: now,
            counts: simulation.truth.counts,
            hash: simulation.truth.hash(),
            cpu_time: cpu_time.map(|(of, stint)| of.cpu_time + stint).collect(),
            vcpus: vcpus.map(|of| (of.stolen_until(now), of.halted)).collect(),
            log: simulation.truth.take_log(),
        }
    }
}
