// SPDX-License-Identifier: GPL-2.0

//! State of a vCPU.
//!
//! ```text
//!            ┌──────── preempted, yields ────────┐
//!            ▼                                   │
//!   Ready ──gets a CPU──▶ Runs ──halts──▶ Polls ──nothing comes──▶ Halted
//!     ▲                     ▲               │                        │
//!     │                     └─── kicked ────┘                        │
//!     └────────────────────── kicked, timer, tick ───────────────────┘
//! ```

use crate::{
    line::LineId,
    look::{Look, Parked},
    suspend::Suspend,
    CpuId, GuestId, Ns,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It waits for a CPU.
    Ready,
    Runs,
    /// It halts, and the host polls on its CPU for a kick.
    Polls,
    Halted,
    /// Its code is done.
    Done,
}

/// A vCPU.
pub(crate) struct Vcpu {
    pub(crate) guest: GuestId,
    /// The only CPU that it may run on.
    pub(crate) pinned: Option<CpuId>,
    pub(crate) state: State,
    /// When it got into that state.
    pub(crate) since: Ns,
    /// The CPU that it runs on, or waits for, or ran on last.
    pub(crate) cpu: CpuId,
    /// When it issues its next word.
    pub(crate) clock: Ns,
    /// Work that it had left when it lost its CPU.
    pub(crate) debt: Ns,
    /// When its store buffer is empty.
    pub(crate) drained: Ns,
    /// Makes events void that were made for it before.
    pub(crate) generation: u32,
    /// How often it has got a CPU.
    pub(crate) stints: u32,
    /// What it reads from the time stamp counter, if that is not its clock.
    pub(crate) stamp: Option<Ns>,
    /// How its code is suspended; nothing before its first step.
    pub(crate) suspend: Option<Suspend>,
    /// The line with the hypervisor's word on whether it is preempted.
    pub(crate) record: LineId,
    /// A kick that came while it could not halt yet.
    pub(crate) kicked: bool,
    /// Kicks that ended a halt before they arrived.
    pub(crate) kicks_seen: u32,
    /// It is between the last check and the halt, with interrupts off.
    pub(crate) halts_soon: bool,
    /// A stop of the plan lasts until then, and whether it is on no queue for that.
    pub(crate) stopped_until: Ns,
    pub(crate) is_stopped: bool,
    /// For how long the host polls at its next halt, if that adapts.
    pub(crate) halt_poll: Ns,
    pub(crate) look: Look,
    pub(crate) parked: Option<Parked>,
    pub(crate) spin: PauseSpin,
    /// Times without a CPU though it could have run, and halted.
    pub(crate) stolen: Ns,
    pub(crate) halted: Ns,
    /// Time that it had a CPU, up to its last stint: to run, and to poll.
    pub(crate) cpu_time: Ns,
}

/// What pause-loop exiting knows of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PauseSpin {
    /// The first pause of the loop; 0 outside of one.
    pub(crate) began: Ns,
    pub(crate) last: Ns,
    pub(crate) window: Ns,
    /// It gave way in a loop, and whether it may be yielded to all the same.
    pub(crate) in_loop: bool,
    pub(crate) eligible: bool,
}

impl Vcpu {
    pub(crate) fn new(guest: GuestId, pinned: Option<CpuId>, cpu: CpuId, record: LineId) -> Self {
        Self {
            guest,
            pinned,
            state: State::Halted,
            since: 0,
            cpu,
            clock: 0,
            debt: 0,
            drained: 0,
            generation: 0,
            stints: 0,
            stamp: None,
            suspend: None,
            record,
            kicked: false,
            kicks_seen: 0,
            halts_soon: false,
            stopped_until: 0,
            is_stopped: false,
            halt_poll: 0,
            look: Look::default(),
            parked: None,
            spin: PauseSpin {
                eligible: true,
                ..PauseSpin::default()
            },
            stolen: 0,
            halted: 0,
            cpu_time: 0,
        }
    }

    /// Makes all events void that were made for it so far.
    pub(crate) fn next_generation(&mut self) -> u32 {
        self.generation = self.generation.wrapping_add(1);
        self.generation
    }

    /// Returns how long it has been without a CPU though it could have run, until `now`.
    pub(crate) fn stolen_until(&self, now: Ns) -> Ns {
        match self.state {
            State::Ready => self.stolen + now.saturating_sub(self.since),
            _ => self.stolen,
        }
    }
}
