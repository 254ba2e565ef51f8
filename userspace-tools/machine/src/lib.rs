// SPDX-License-Identifier: GPL-2.0

//! Deterministic discrete-event simulator: vCPUs of guests on the CPUs of a host, in virtual time.
//!
//! One OS thread runs everything. Each vCPU is a stackful coroutine with a clock of its own. It leaves its
//! code only at a [word](words): a memory access, a pause, a halt, a kick. A word takes effect once no
//! earlier event is left (conservative simulation, Chandy and Misra 1979), so the interleaving is
//! sequentially consistent, and a function of the plan and its seed:
//!
//! ```text
//!   events  ─pop─▶ resume vCPU 3 ──▶ its code runs ──word at t──▶ t < the next event? ──yes─▶ effect, go on
//!      ▲            slice of CPU 0 ends                                   └──no──▶ suspend ┐
//!      └──────────────────────────────── resume vCPU 3 at t ◀──────────────────────────────┘
//! ```
//!
//! | part | file | what it decides |
//! |---|---|---|
//! | words | `words.rs`, `look.rs` | what guest code may do, and how a spin loop costs no events |
//! | coherence | `line.rs`, `topology.rs` | what an access to a cache line costs |
//! | hypervisor | `host.rs`, `host/` | which vCPU runs on which CPU, and until when |
//! | costs | `cost.rs` | how long each step takes, as a distribution |
//! | truth | `truth.rs` | what happened: a log, and a hash of it |
//!
//! It says nothing of memory orderings (loom does), of caches' sizes, and of instructions.

mod coroutine;

mod cost;
mod event;
mod host;
mod id;
mod interrupt;
mod line;
mod look;
mod machine;
mod memory;
mod plan;
mod random;
mod simulation;
mod suspend;
mod topology;
mod truth;
mod vcpu;
pub mod words;

/// Its example compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use self::{
    cost::{Cost, Costs, Quantiles},
    host::{
        policy::{CpuView, Joins, Policy},
        BoostHolder, Credit2, Eevdf, Fair, Gang, Priorities, RoundRobin,
    },
    id::{CpuId, GuestId, Ns, VcpuId},
    machine::{Ended, Machine},
    plan::{Hog, PauseLoop, Plan, Spared, Stop},
    topology::Topology,
    truth::{Counts, Entry, Logged},
};
