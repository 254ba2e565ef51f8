// SPDX-License-Identifier: GPL-2.0

//! The algorithms under study, written once.
//!
//! Every file here is compiled twice: into the kernel modules, where [`primitive`] is the
//! machine itself, and on the host under `cargo test`, where it is a twin that loom can explore.
//! Nothing here allocates, prints, or knows which of the two it is in; nothing sleeps but what
//! waits for a grace period ([`primitive::grace`]), and says so.

#![cfg_attr(not(MODULE), no_std)]
#![deny(unsafe_code)]
#![allow(clippy::new_without_default, reason = "a constructor makes atomics")]

pub mod bottleneck;
pub mod chunk;
mod contention_flag;
pub mod counter;
mod events;
mod gap;
pub mod histogram;
mod lent;
pub mod lock;
pub mod preemption_log;
pub mod primitive;
pub mod primitive_cost;
mod sample_skipping;
pub mod wait;
mod wait_clock;
mod waiter;

pub use self::{
    contention_flag::ContentionFlag,
    events::{
        Count,
        Events, //
    },
    gap::{
        Gap,
        GAPS, //
    },
    wait_clock::{
        FinishedWait,
        WaitClock, //
    }, //
    waiter::{
        Tuning,
        Waiter, //
    },
};

/// What nearly every algorithm uses: the primitives, and the traits of the families.
mod prelude {
    pub(crate) use core::{
        num::NonZeroU64,
        ops::Range,
        ptr, //
    };

    pub(crate) use crate::{
        chunk::{
            ChunkPolicy,
            Deque,
            Plan,
            WorkerState, //
        },
        counter::{
            Counter,
            EachVcpu, //
        },
        lock::{
            Lock,
            RawLock, //
        },
        primitive::*,
        wait::Wait,
        Waiter, //
    };
}
