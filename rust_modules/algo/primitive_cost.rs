// SPDX-License-Identifier: GPL-2.0

//! Costs of the primitives by the time stamp counter: those that a simulated machine is given.
//!
//! The leader times what one vCPU does alone, and in rounds with the follower what takes two. What
//! takes less time than the clock resolves is timed many times over, and a loop of nothing and the
//! reading of the clock are subtracted. A round:
//!
//! ```text
//!   OVER(n-1) ──leader──▶ OFFERED(n) ──follower──▶ OVER(n), and both do their part
//!       ▲                     │
//!       └─leader: gives up────┘
//! ```
//!
//! So neither waits in a round for a vCPU that its own thread keeps from running.

mod follower;
mod leader;

pub use self::{
    follower::{
        Followed,
        Follower, //
    },
    leader::Leader,
};

use core::ops::Deref;

use crate::primitive::*;

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timed {
    /// Load of a word whose line the vCPU has.
    Hit,
    /// Read-modify-write of such a word.
    Rmw,
    /// Full fence.
    Fence,
    /// Pause of a spin loop.
    Pause,
    /// Reading of the clock.
    Stamp,
    /// Directed yield to a vCPU that runs: an exit, if the hypervisor offers it.
    Yield,
    /// Load of a line that the other vCPU has written.
    Transfer,
    /// One of two vCPUs sees a word that the other wrote, and writes it in turn.
    PingPong,
    /// Kick, for the vCPU that sends it.
    Kick,
    /// From the end of a kick until it interrupts a vCPU that runs.
    KickLatency,
    /// That interrupt.
    Interrupt,
    /// From the begin of a kick to the first instruction of a vCPU that was halted.
    Wake,
    /// Halt that a pending kick ends at once.
    Halt,
}

impl Timed {
    /// All, in their order.
    pub const ALL: [Self; 13] = [
        Self::Hit,
        Self::Rmw,
        Self::Fence,
        Self::Pause,
        Self::Stamp,
        Self::Yield,
        Self::Transfer,
        Self::PingPong,
        Self::Kick,
        Self::KickLatency,
        Self::Interrupt,
        Self::Wake,
        Self::Halt,
    ];
}

/// A word alone on its cache lines.
#[repr(align(128))]
pub struct Line(Atomic<u32>);

impl Line {
    /// Creates one, 0 at first.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }

    fn load(&self) -> u32 {
        self.0.load(Relaxed)
    }

    /// Publishes what was done before; pairs with the acquire in `wait_for`.
    fn publish(&self, round: u32) {
        self.0.store(round, Release);
    }

    fn is(&self, round: u32) -> bool {
        // Pairs with the release in `publish`.
        self.0.load(Acquire) == round
    }

    fn wait_for(&self, round: u32) {
        spin_until(|| self.is(round), || {});
    }
}

/// How long a vCPU waits for what another does, in ticks of the clock.
#[derive(Clone, Copy)]
pub struct Pace {
    /// After so long a vCPU that began to halt is halted, and a kick has come.
    pub settle: u64,
    /// For so long at least a vCPU waits to be interrupted.
    pub window: u64,
}

/// What the two vCPUs share; `S` is the storage, [`LINES`] lines.
pub struct PrimitiveCosts<S> {
    /// Lines that a vCPU follows from one to the next.
    chain: S,
    agreed: Line,
    /// The follower has begun its part of this round.
    ready: Line,
    /// The leader has kicked in this round, or is about to.
    sent: Line,
    /// The follower has ended its part of this round.
    done: Line,
    /// Word that the follower halts on.
    halted_on: Line,
    ball: Line,
    vcpu: Atomic<u32>,
    /// Until when the follower waits to be interrupted; 0 if that is not known yet.
    until: Atomic<u64>,
    /// When what the follower found began, and how long it lasted.
    began: Atomic<u64>,
    lasted: Atomic<u64>,
}

/// Lines of a chain.
pub const LINES: usize = 64;

/// The last value of `agreed`.
const END: u32 = u32::MAX;
/// The longest and the shortest way along a chain differ, so that no processor foresees its end.
const SHORTEST: u32 = 33;
/// Times that the ball goes there and back.
const EXCHANGES: u32 = 32;

/// Kinds of rounds, which take turns.
#[derive(Clone, Copy)]
enum Kind {
    Transfer,
    PingPong,
    Interrupt,
    Wake,
    Halt,
}

/// Number of kinds of rounds.
pub const KINDS: u32 = 5;

impl Kind {
    fn of(round: u32) -> Self {
        match round % KINDS {
            0 => Self::Transfer,
            1 => Self::PingPong,
            2 => Self::Interrupt,
            // It also ends what that kick may have left: one that is pending.
            3 => Self::Wake,
            _ => Self::Halt,
        }
    }
}

impl<S: Deref<Target = [Line]>> PrimitiveCosts<S> {
    /// Creates them, with a chain of [`LINES`].
    pub fn new(chain: S) -> Self {
        Self {
            chain,
            agreed: Line::new(),
            ready: Line::new(),
            sent: Line::new(),
            done: Line::new(),
            halted_on: Line::new(),
            ball: Line::new(),
            vcpu: Atomic::new(0),
            until: Atomic::new(0),
            began: Atomic::new(0),
            lasted: Atomic::new(0),
        }
    }
}

/// Length of the chain in a round.
fn length(round: u32) -> u32 {
    let more = round.wrapping_mul(7) % (LINES as u32 - SHORTEST);
    SHORTEST.wrapping_add(more)
}

/// The line after this one: no two of them are neighbours.
fn next(line: u32) -> u32 {
    line.wrapping_mul(5).wrapping_add(3) % LINES as u32
}

/// Value of the ball before it is thrown the `n`th time.
fn ball(round: u32, n: u32) -> u32 {
    round
        .wrapping_mul(2 * EXCHANGES)
        .wrapping_add(2u32.wrapping_mul(n))
}

/// Pauses for `ticks`.
fn pause_for(ticks: u64) {
    let from = stamp();
    while stamp().wrapping_sub(from) < ticks {
        cpu_relax();
    }
}
