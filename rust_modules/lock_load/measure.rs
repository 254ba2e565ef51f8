// SPDX-License-Identifier: GPL-2.0

//! Measurement of waits, holds and hand-offs, and of what made a wait long.

mod instrumentation;
mod probe;
mod report;
mod sampler;
mod thread_log;
mod thresholds;
mod time_loss;

pub(crate) use self::{
    instrumentation::Instrumentation,
    probe::{
        Probe,
        Unsampled, //
    },
    report::{
        write,
        Presence,
        BYTES_PER_THREAD, //
    },
    sampler::Sampler,
    time_loss::Gap, //
};
