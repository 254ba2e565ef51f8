// SPDX-License-Identifier: GPL-2.0

//! The threads of one run, and what they share.

use algo::primitive::{
    Atomic,
    Relaxed,
    Vcpu, //
};
use kernel::{
    cpu::CpuId,
    prelude::*,
    sync::Arc, //
};

use crate::{
    cpu,
    gate::Gate,
    now_ns,
    thread::Thread,
    Alarm,
    Load,
    Padded,
    Refused, //
};

/// What the threads of a run share.
pub(crate) struct Crew<L: Load> {
    pub(crate) run: L::Run,
    pub(crate) gate: Gate,
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) places: KVVec<Padded<Place>>,
}

/// Where a thread is.
pub struct Place {
    vcpu: u32,
    left_ns: Atomic<u64>,
    moved: Atomic<bool>,
}

impl Place {
    /// Returns the vCPU that the thread was bound to.
    pub fn vcpu(&self) -> u32 {
        self.vcpu
    }

    /// Returns 1 if the thread ended on another vCPU, else 0.
    pub fn moved(&self) -> u32 {
        self.moved.load(Relaxed).into()
    }
}

/// One thread at work.
pub struct Worker<'a> {
    /// Its number, from 0.
    pub index: u32,
    /// Tells it to stop.
    pub alarm: &'a Arc<Alarm>,
    gate: &'a Gate,
}

impl Worker<'_> {
    /// Starts the time of the run anew: it counts from now, and the alarm rings in `ms`, for
    /// which what is returned must live.
    ///
    /// For a load whose threads have to line up behind the gate. Only one thread may call it.
    pub fn start_clock(&self, ms: u32) -> impl Sized {
        self.gate.opened_now();
        self.alarm.ring_in(ms)
    }
}

impl<L: Load> Crew<L> {
    /// Makes a crew for `run`, and its threads, which wait to be woken.
    pub(crate) fn new(run: L::Run) -> Result<(Arc<Self>, KVVec<Thread>), Refused> {
        let wanted = L::threads(&run);
        let mut cpus = KVVec::new();
        let mut places = KVVec::new();
        for cpu in cpu::online().take(wanted as usize) {
            cpus.push(cpu, GFP_KERNEL)?;
            places.push(Padded(Place::new(cpu)), GFP_KERNEL)?;
        }
        if cpus.len() < wanted as usize {
            return Err(Refused::new(
                ERANGE,
                format_args!("{wanted} threads, but {} vCPUs are online", cpus.len()),
            ));
        }
        let crew = Arc::new(
            Self {
                run,
                gate: Gate::new(),
                alarm: Alarm::new()?,
                places,
            },
            GFP_KERNEL,
        )?;
        let mut threads = KVVec::new();
        for (index, &cpu) in (0..).zip(&cpus) {
            let mate = crew.clone();
            let thread = Thread::new(L::NAME, index, Some(cpu), move || mate.man(index))?;
            thread.yield_to_all();
            threads.push(thread, GFP_KERNEL)?;
        }
        Ok((crew, threads))
    }

    /// What the thread `index` does.
    fn man(&self, index: u32) {
        let worker = Worker {
            index,
            alarm: &self.alarm,
            gate: &self.gate,
        };
        if self.gate.pass() {
            L::work(&self.run, &worker);
        }
        if let Some(place) = self.places.get(index as usize) {
            place.left_ns.store(now_ns(), Relaxed);
            place
                .moved
                .store(Vcpu::current().number() != place.vcpu, Relaxed);
        }
    }

    /// Returns the time from the opening of the gate, or when the clock was started anew, until the
    /// last thread left; all have left.
    pub(crate) fn elapsed_ns(&self) -> u64 {
        let left = self.places.iter().map(|place| place.left_ns.load(Relaxed));
        left.max()
            .unwrap_or(0)
            .saturating_sub(self.gate.opened_ns())
    }
}

impl Place {
    fn new(cpu: CpuId) -> Self {
        Self {
            vcpu: cpu.as_u32(),
            left_ns: Atomic::new(0),
            moved: Atomic::new(false),
        }
    }
}
