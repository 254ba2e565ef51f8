// SPDX-License-Identifier: GPL-2.0

//! Measurement of waits, holds and hand-offs, and of what made a wait long.
//!
//! Compiled as `algo` is: into the kernel modules, and on the host, for tests and for what runs the
//! algorithms there. Nothing here allocates; memory and the steal clock are the [`World`]'s.

#![cfg_attr(not(MODULE), no_std)]
#![deny(unsafe_code)]

mod instrumentation;
mod latency_histogram;
mod padded;
mod primitive_times;
mod probe;
mod report;
mod sampler;
mod sharing;
mod single_writer;
mod thread_log;
mod thresholds;
mod time_loss;
mod tsc_scale;
mod wait_log;
mod world;

#[cfg(all(test, not(loom)))]
mod known_waits;

pub use self::{
    instrumentation::{
        Instrumentation,
        LOSSES_PER_THREAD, //
    },
    latency_histogram::LatencyHistogram,
    padded::Padded,
    primitive_times::PrimitiveTimes,
    probe::{
        Probe,
        Unsampled, //
    },
    report::{
        write,
        Presence, //
    },
    sampler::Sampler,
    sharing::{
        Sharing,
        SharingLog,
        SharingSampler, //
    },
    single_writer::SingleWriter,
    thread_log::{
        LongWaitSum,
        ThreadLog, //
    },
    thresholds::{
        Bounds,
        Thresholds,
        TOLERANCE_NS, //
    },
    tsc_scale::TscScale,
    wait_log::{
        LoggedWait,
        WaitLog,
        WaitWords,
        LOGGED_WAITS, //
    },
    world::{
        StealClock,
        World, //
    },
};
