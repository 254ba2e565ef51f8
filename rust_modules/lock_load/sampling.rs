// SPDX-License-Identifier: GPL-2.0

//! The crate `measure` in the kernel: memory and the steal clock of its samplers.

use abi::lock_load::{
    ServiceOrder,
    Switch, //
};
use algo::{
    histogram::BUCKETS,
    preemption_log::Loss, //
};
use measure::{
    SharingLog,
    ThreadLog,
    Thresholds,
    WaitWords,
    World,
    LOGGED_WAITS,
    LOSSES_PER_THREAD, //
};
use rig::{
    filled,
    tsc_scale,
    zeros,
    StealClock, //
};

use crate::prelude::*;

/// The kernel.
pub(crate) enum Kernel {}

impl World for Kernel {
    type List<T> = KVVec<T>;
    type Steal = StealClock;
}

pub(crate) type Instrumentation = measure::Instrumentation<Kernel>;
pub(crate) type Sampler<'a> = measure::Sampler<'a, Kernel>;

pub(crate) type Sharing = measure::Sharing<Kernel>;
pub(crate) type SharingSampler<'a> = measure::SharingSampler<'a, Kernel>;

/// Usual size of the lines of one thread: three histograms of some hundred buckets.
pub(crate) const BYTES_PER_THREAD: usize = 8192;

/// Creates the instrumentation of a run, unless `config` turns it off. `order` and
/// `reports_contention` are of the lock. It stays out of the caller's frame, as all parts of a run do.
#[inline(never)]
pub(crate) fn instrumentation(
    config: &Config,
    order: ServiceOrder,
    reports_contention: bool,
) -> Result<Option<KBox<Instrumentation>>, Refused> {
    if config.histograms == Switch::Off {
        return Ok(None);
    }
    let threads = config.threads as usize;
    let losses = threads.saturating_mul(LOSSES_PER_THREAD);
    let instrumentation = Instrumentation::new(
        Thresholds::new(config, tsc_scale()?),
        order,
        reports_contention,
        filled(losses, || Ok(Loss::new()))?,
        filled(threads, || Ok(Padded(thread_log()?)))?,
    );
    Ok(Some(KBox::new(instrumentation, GFP_KERNEL)?))
}

#[inline(never)]
fn thread_log() -> Result<ThreadLog<Kernel>> {
    let histograms = [zeros(BUCKETS)?, zeros(BUCKETS)?, zeros(BUCKETS)?];
    let waits = filled(LOGGED_WAITS, || Ok(WaitWords::default()))?;
    Ok(ThreadLog::new(histograms, waits))
}

/// Creates the sampler of thread `index`, which is `me`.
pub(crate) fn sampler<'a>(
    run: &'a Instrumentation,
    index: u32,
    me: &Waiter,
) -> Option<Sampler<'a>> {
    Sampler::new(run, index, me, StealClock::new())
}

/// Creates what the threads of a run with readers share; `None` if `config` asks for no readers.
#[inline(never)]
pub(crate) fn sharing(config: &Config) -> Result<Option<KBox<Sharing>>, Refused> {
    if config.readers_pct == 0 {
        return Ok(None);
    }
    let (thresholds, buckets) = match config.histograms {
        Switch::On => (Some(Thresholds::new(config, tsc_scale()?)), BUCKETS),
        Switch::Off => (None, 0),
    };
    let logs = filled(config.threads as usize, || {
        Ok(Padded(SharingLog::new([zeros(buckets)?, zeros(buckets)?])))
    })?;
    let sharing = Sharing::new(config.readers_pct, thresholds, logs);
    Ok(Some(KBox::new(sharing, GFP_KERNEL)?))
}
