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
    helpers,
    now_ns,
    thread::Thread,
    Load,
    Padded,
    Refused, //
    StopFlag,
};

/// What the threads of a run share.
pub(crate) struct Workers<L: Load> {
    pub(crate) run: L::Run,
    pub(crate) gate: Gate,
    pub(crate) stop_flag: Arc<StopFlag>,
    pub(crate) placements: KVVec<Padded<Placement>>,
}

/// Where a thread is.
pub struct Placement {
    vcpu: u32,
    left_ns: Atomic<u64>,
    /// Where the thread was seen last; it alone looks.
    seen: Atomic<u32>,
    moved: Atomic<u32>,
    queued_ns: Atomic<u64>,
}

impl Placement {
    /// Returns the vCPU that the thread was bound to.
    pub fn vcpu(&self) -> u32 {
        self.vcpu
    }

    /// Returns how often the thread found itself on another vCPU than before.
    pub fn moved(&self) -> u32 {
        self.moved.load(Relaxed)
    }

    /// Returns for how long the thread was ready to run, and its vCPU ran something else.
    pub fn queued_ns(&self) -> u64 {
        self.queued_ns.load(Relaxed)
    }

    /// Looks where the calling thread, whose place this is, has got to.
    fn current_vcpu(&self) -> u32 {
        let here = Vcpu::current().number();
        if here != self.seen.load(Relaxed) {
            self.seen.store(here, Relaxed);
            self.moved.add(1, Relaxed);
        }
        here
    }
}

/// One thread at work.
pub struct Worker<'a> {
    /// Its number, from 0.
    pub index: u32,
    /// Tells it to stop.
    pub stop_flag: &'a Arc<StopFlag>,
    gate: &'a Gate,
    place: &'a Placement,
}

impl Worker<'_> {
    /// Starts the time of the run anew: it counts from now, and the alarm rings in `ms`, for
    /// which what is returned must live.
    ///
    /// For a load whose threads have to line up behind the gate. Only one thread may call it.
    pub fn start_clock(&self, ms: u32) -> impl Sized {
        self.gate.opened_now();
        self.stop_flag.raise_in(ms)
    }

    /// Returns since when the time of the run counts.
    pub fn opened_ns(&self) -> u64 {
        self.gate.opened_ns()
    }

    /// Returns the vCPU that the thread is on, and counts it as a move if that is another than
    /// the last time. Whoever asks after each batch knows of every move but those there and back.
    pub fn current_vcpu(&self) -> u32 {
        self.place.current_vcpu()
    }

    /// Moves the thread to `vcpu`, where it stays; false if that is not online.
    pub fn move_to(&self, vcpu: u32) -> bool {
        // SAFETY: The number is that of a CPU; this may be called where it may sleep.
        CpuId::from_u32(vcpu).is_some() && unsafe { helpers::slowpath_move_to(vcpu) == 0 }
    }
}

impl<L: Load> Workers<L> {
    /// Makes a crew for `run`, and its threads, which wait to be woken.
    pub(crate) fn new(run: L::Run) -> Result<(Arc<Self>, KVVec<Thread>), Refused> {
        let wanted = L::threads(&run);
        let mut cpus = KVVec::new();
        let mut placements = KVVec::new();
        for cpu in cpu::online().take(wanted as usize) {
            cpus.push(cpu, GFP_KERNEL)?;
            placements.push(Padded(Placement::new(cpu)), GFP_KERNEL)?;
        }
        if cpus.len() < wanted as usize {
            return Err(Refused::new(
                ERANGE,
                format_args!("{wanted} threads, but {} vCPUs are online", cpus.len()),
            ));
        }
        let workers = Arc::new(
            Self {
                run,
                gate: Gate::new(),
                stop_flag: StopFlag::new()?,
                placements,
            },
            GFP_KERNEL,
        )?;
        let mut threads = KVVec::new();
        for (index, &cpu) in (0..).zip(&cpus) {
            let mate = workers.clone();
            let thread = Thread::new(L::NAME, index, Some(cpu), move || mate.man(index))?;
            thread.yield_to_all();
            threads.push(thread, GFP_KERNEL)?;
        }
        Ok((workers, threads))
    }

    /// What the thread `index` does.
    fn man(&self, index: u32) {
        let Some(place) = self.placements.get(index as usize) else {
            return;
        };
        let worker = Worker {
            index,
            stop_flag: &self.stop_flag,
            gate: &self.gate,
            place,
        };
        if self.gate.pass() {
            let before = queued_ns();
            L::work(&self.run, &worker);
            let queued = queued_ns().saturating_sub(before);
            place.queued_ns.store(queued, Relaxed);
        }
        place.left_ns.store(now_ns(), Relaxed);
        place.current_vcpu();
    }

    /// Returns the time from the opening of the gate, or when the clock was started anew, until the
    /// last thread left; all have left.
    pub(crate) fn elapsed_ns(&self) -> u64 {
        let left = self
            .placements
            .iter()
            .map(|place| place.left_ns.load(Relaxed));
        left.max()
            .unwrap_or(0)
            .saturating_sub(self.gate.opened_ns())
    }
}

impl Placement {
    fn new(cpu: CpuId) -> Self {
        Self {
            vcpu: cpu.as_u32(),
            left_ns: Atomic::new(0),
            seen: Atomic::new(cpu.as_u32()),
            moved: Atomic::new(0),
            queued_ns: Atomic::new(0),
        }
    }
}

/// Returns for how long the calling thread has waited for its vCPU since it was made.
fn queued_ns() -> u64 {
    // SAFETY: May be called anywhere.
    unsafe { helpers::slowpath_queued_ns() }
}
