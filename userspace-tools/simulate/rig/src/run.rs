// SPDX-License-Identifier: GPL-2.0

//! One run of a load: a thread on each vCPU of a machine.

use std::{cell::Cell, fmt, io, rc::Rc};

use abi::Limits;
use algo::primitive::with_vcpus;
use machine::{words, Ended, GuestId, Machine, Ns, Plan, Policy};

use crate::{FinishedRun, Load, Placement, Refused, StopFlag, Worker};

/// Memory of a simulated guest.
const BYTES: u64 = 16 << 30;

/// Why a run was not made, or did not end.
#[derive(Debug)]
pub enum Failed {
    /// The load refused it.
    Refused(Refused),
    /// So many threads never left.
    Stuck(usize),
    /// A thread's stack could not be allocated.
    Memory(io::Error),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => write!(f, "{refused}"),
            Self::Stuck(threads) => {
                write!(f, "cannot end the run: {threads} threads never left it")
            }
            Self::Memory(error) => write!(f, "cannot make the stack of a vCPU: {error}"),
        }
    }
}

impl std::error::Error for Failed {}

/// What happened in a run.
pub struct Outcome {
    /// The report, as the module writes it.
    pub report: String,
    /// What happened to the machine.
    pub machine: Ended,
}

struct Shared<L: Load> {
    run: L::Run,
    stop_flag: StopFlag,
    left: Cell<u32>,
    left_at: Cell<Ns>,
}

/// Runs `config` with `threads` on a machine of `plan`, whose vCPUs are the threads. The plan ends later than
/// the run: a thread that has not left by then never does.
///
/// # Errors
///
/// If the load refuses the settings, or a thread never left.
pub fn run<L: Load>(
    config: &L::Config,
    threads: u32,
    plan: Plan,
    policy: Box<dyn Policy>,
) -> Result<Outcome, Failed> {
    let limits = Limits {
        vcpus: threads,
        bytes: BYTES,
    };
    let prepared = with_vcpus(threads, || L::prepare(config, &limits));
    let shared = Rc::new(Shared::<L> {
        run: prepared.map_err(Failed::Refused)?,
        stop_flag: StopFlag::new(),
        left: Cell::new(0),
        left_at: Cell::new(0),
    });
    let mut machine = Machine::new(plan, policy);
    for index in 0..threads {
        let shared = shared.clone();
        machine
            .add(GuestId(0), None, move || shared.thread(index))
            .map_err(Failed::Memory)?;
    }
    let machine = with_vcpus(threads, || machine.run());
    match threads - shared.left.get() {
        0 => {}
        stuck => return Err(Failed::Stuck(stuck as usize)),
    }
    let placements: Vec<_> = (0..threads).map(Placement).collect();
    let finished = FinishedRun::<L> {
        number: 1,
        config,
        run: &shared.run,
        elapsed_ns: shared
            .left_at
            .get()
            .saturating_sub(shared.stop_flag.began_ns()),
        placements: &placements,
    };
    let mut report = String::new();
    let written = with_vcpus(threads, || L::report(&finished, &mut report));
    debug_assert!(written.is_ok(), "a String has room");
    Ok(Outcome { report, machine })
}

impl<L: Load> Shared<L> {
    /// Thread function.
    fn thread(&self, index: u32) {
        let worker = Worker {
            index,
            stop_flag: &self.stop_flag,
        };
        L::work(&self.run, &worker);
        self.left_at
            .set(self.left_at.get().max(words::exact_time()));
        self.left.set(self.left.get() + 1);
    }
}
