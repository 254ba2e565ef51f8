// SPDX-License-Identifier: GPL-2.0

//! The crate `measure` on a simulated machine: memory and the steal clock of its samplers.
//!
//! The sampler's words are words of the machine: what it costs is simulated, too.

use std::cell::Cell;

use abi::lock_load::{Config, ServiceOrder, Switch};
use algo::{histogram::BUCKETS, preemption_log::Loss, primitive::Atomic, Waiter};
use machine::{words, Ns, VcpuId};
use measure::{
    Padded, SharingLog, StealClock, ThreadLog, Thresholds, TscScale, WaitWords, World,
    LOGGED_WAITS, LOSSES_PER_THREAD,
};

/// A simulated machine.
pub(crate) enum Simulated {}

/// What the hypervisor reports of a vCPU; the last reading.
#[derive(Default)]
pub(crate) struct Steal(Cell<Option<Ns>>);

impl StealClock for Steal {
    fn passed_ns(&self, vcpu: u32) -> Option<u64> {
        let now = words::stolen(VcpuId(vcpu));
        let before = self.0.replace(Some(now));
        Some(now - before.unwrap_or(now))
    }
}

impl World for Simulated {
    type List<T> = Vec<T>;
    type Steal = Steal;
}

pub(crate) type Instrumentation = measure::Instrumentation<Simulated>;
pub(crate) type Sampler<'a> = measure::Sampler<'a, Simulated>;

pub(crate) type Sharing = measure::Sharing<Simulated>;
pub(crate) type SharingSampler<'a> = measure::SharingSampler<'a, Simulated>;

/// A stamp is a nanosecond.
pub(crate) const STAMP_KHZ: u64 = 1_000_000;

/// Creates the instrumentation of a run, unless `config` turns it off. `order` and `reports_contention` are of
/// the lock.
pub(crate) fn instrumentation(
    config: &Config,
    order: ServiceOrder,
    reports_contention: bool,
) -> Option<Instrumentation> {
    if config.histograms == Switch::Off {
        return None;
    }
    let threads = config.threads as usize;
    Some(Instrumentation::new(
        Thresholds::new(config, TscScale::of_khz(STAMP_KHZ)?),
        order,
        reports_contention,
        list(threads * LOSSES_PER_THREAD, Loss::new),
        list(threads, || Padded(thread_log())),
    ))
}

/// Creates what the threads of a run with readers share; `None` if `config` asks for no readers.
pub(crate) fn sharing(config: &Config) -> Option<Sharing> {
    if config.readers_pct == 0 {
        return None;
    }
    let thresholds = match config.histograms {
        Switch::On => Some(Thresholds::new(config, TscScale::of_khz(STAMP_KHZ)?)),
        Switch::Off => None,
    };
    let zeros = || list(BUCKETS, || Atomic::new(0));
    let logs = list(config.threads as usize, || {
        Padded(SharingLog::new([zeros(), zeros()]))
    });
    Some(Sharing::new(config.readers_pct, thresholds, logs))
}

fn thread_log() -> ThreadLog<Simulated> {
    let zeros = || list(BUCKETS, || Atomic::new(0));
    let waits = list(LOGGED_WAITS, WaitWords::default);
    ThreadLog::new([zeros(), zeros(), zeros()], waits)
}

/// Creates the sampler of thread `index`, which is `me`.
pub(crate) fn sampler<'a>(
    run: &'a Instrumentation,
    index: u32,
    me: &Waiter,
) -> Option<Sampler<'a>> {
    Sampler::new(run, index, me, Steal::default())
}

fn list<T>(length: usize, make: impl Fn() -> T) -> Vec<T> {
    (0..length).map(|_| make()).collect()
}
