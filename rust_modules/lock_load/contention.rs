// SPDX-License-Identifier: GPL-2.0

//! Contention run: threads go through critical sections under one lock until time is up.

mod fairness_bound;
mod readers;
mod start_barrier;

use core::fmt::{
    Result as Written,
    Write, //
};

use abi::lock_load::{
    Irqs,
    ServiceOrder,
    Torture as TortureCounts,
    BACKOFF,
    OVERTAKES,
    SPIN_THRESHOLD, //
};

use measure::Presence;
use rig::tsc_is_stable;

pub(crate) use self::start_barrier::ARRIVAL_TIMEOUT_MS;
use self::{
    fairness_bound::FairnessBound,
    start_barrier::StartBarrier, //
};
use crate::{
    lock::{
        keeps_order,
        lock_under_test,
        Contender,
        LockUnderTest,
        Pattern, //
    },
    prelude::*,
    sampling::{
        instrumentation,
        sampler,
        sharing,
        Instrumentation,
        Sharing,
        SharingSampler,
        BYTES_PER_THREAD, //
    },
    thread_counts::{
        events,
        ThreadCounts, //
    },
    torture::{
        Torture,
        TortureState, //
    },
    tuning::tuning,
    workload::{
        Finished,
        Workload, //
    }, //
};

/// The most sections in a batch, between which other tasks may run on the vCPU.
const MAX_BATCH: u32 = 64;

// The defaults of `config` are those of the algorithms.
const _: () = {
    let tuning = Tuning::DEFAULT;
    assert!(tuning.threshold == SPIN_THRESHOLD);
    assert!(tuning.backoff == BACKOFF && tuning.overtakes == OVERTAKES);
};

/// How often the control thread checks whether the run has begun.
const BEGIN_POLL_NS: u64 = 1_000_000;

/// What the threads of a run share.
pub(crate) struct Contention {
    lock: KBox<dyn LockUnderTest>,
    pattern: Pattern,
    start_barrier: StartBarrier,
    excludes: bool,
    fairness_bound: FairnessBound,
    torture: KBox<Torture>,
    tuning: Tuning,
    /// The spin threshold, which may change during the run.
    threshold: Atomic<u32>,
    instrumentation: Option<KBox<Instrumentation>>,
    /// In a run with readers, in place of the instrumentation.
    sharing: Option<KBox<Sharing>>,
    counts: KVVec<Padded<ThreadCounts>>,
    /// Rescues halts with interrupts off, which nothing but a kick ends.
    _watchdog: Option<ActiveWatchdog>,
}

impl Contention {
    /// Returns it boxed, so that no caller moves it on the kernel's small stack.
    #[inline(never)]
    pub(crate) fn new(
        config: &Config,
        delay_loop: DelayLoop,
        kick: Kick,
        limits: &Limits,
    ) -> Result<KBox<Self>, Refused> {
        let (facts, threads) = (config.lock.facts(), config.threads);
        Torture::check(config, kick, limits)?;
        readers::check(config)?;
        let lock = lock_under_test(config)?;
        let order = match keeps_order(config) {
            true => facts.order(),
            false => ServiceOrder::Any,
        };
        let sharing = sharing(config)?;
        let instrumentation = match sharing {
            Some(_) => None,
            None => instrumentation(config, order, lock.reports_contention())?,
        };
        let torture = Torture::new(config)?;
        let watchdog = match config.irqs {
            Irqs::Off if kick != Kick::Ipi => {
                Some(Watchdog::new(threads, HaltEnd::Kick, Region::none())?.activate())
            }
            _ => None,
        };
        let contention = Self {
            lock,
            pattern: Pattern {
                hold: delay_loop.loops(config.hold_ns),
                idle: delay_loop.loops(config.idle_ns),
            },
            start_barrier: StartBarrier::new(threads, config.run_ms),
            excludes: !facts.promises_nothing,
            fairness_bound: FairnessBound::new(config),
            torture,
            tuning: tuning(config)?,
            threshold: Atomic::new(config.threshold),
            instrumentation,
            sharing,
            counts: ThreadCounts::list(threads)?,
            _watchdog: watchdog,
        };
        Ok(KBox::new(contention, GFP_KERNEL)?)
    }

    /// Begins the run, within the first section of thread 0.
    fn begin(&self) {
        let now = match (&self.instrumentation, &self.sharing) {
            (Some(instrumentation), _) => instrumentation.begin(),
            (None, Some(sharing)) => sharing.begin(),
            (None, None) => stamp(),
        };
        self.torture.begin(now);
    }

    /// Runs batches until the stop flag is raised; returns how many sections.
    fn run_batches(
        &self,
        worker: &Worker<'_>,
        thread: &mut Contender<'_>,
        counts: &ThreadCounts,
    ) -> u64 {
        let (lock, stop_flag) = (&*self.lock, worker.stop_flag);
        let (mut torture, mut bound) = (TortureState::default(), self.fairness_bound);
        let (mut sections, mut batch) = (0u64, 1);
        let mut from = now_ns();
        while !stop_flag.is_raised() {
            thread.me.tuning.threshold = self.threshold.load(Relaxed);
            // The first section of thread 0 lasts until all have arrived, which is no failure.
            thread.me.tuning.timeout = match self.start_barrier.has_begun() {
                true => self.tuning.timeout,
                false => u64::MAX,
            };
            counts.set_vcpu();
            let done = lock.batch(self.pattern, batch, stop_flag, thread);
            sections = sections.wrapping_add(done);
            cond_resched();
            self.start_barrier.wait_for_begin(worker);
            let now = now_ns();
            batch = next_batch(batch, now.saturating_sub(from));
            bound.keep(&self.counts, stop_flag, now);
            let done = self
                .torture
                .step(&mut torture, worker, lock, thread, &self.counts);
            sections = sections.wrapping_add(done);
            from = now_ns();
        }
        torture.end();
        sections
    }
}

/// Returns the size of the next batch, the last one having taken `ns`.
///
/// A batch keeps preemption off. In a storm one section may take many milliseconds, and the task that
/// is to end it has to get a vCPU.
fn next_batch(batch: u32, ns: u64) -> u32 {
    match ns {
        0..100_000 => batch.saturating_mul(2).min(MAX_BATCH),
        100_000..1_000_000 => batch,
        _ => (batch / 2).max(1),
    }
}

impl Workload for Contention {
    fn counts(&self) -> &[Padded<ThreadCounts>] {
        &self.counts
    }

    fn thread(&self, worker: &Worker<'_>, counts: &ThreadCounts) {
        let mut thread = Contender {
            me: Waiter::new(self.tuning),
            sampler: None,
            sharing: None,
            pinned_ns: &counts.pinned_ns,
        };
        let first = worker.index == 0;
        let barrier = &self.start_barrier;
        let _clock = match first {
            true => Some(
                barrier.wait_for_arrivals(&*self.lock, &thread.me, worker, &|| {
                    self.begin();
                }),
            ),
            false => {
                barrier.arrive(worker);
                None
            }
        };
        let instrumentation = self.instrumentation.as_deref();
        thread.sampler = instrumentation.and_then(|all| sampler(all, worker.index, &thread.me));
        let sharing = self.sharing.as_deref();
        thread.sharing = sharing.and_then(|all| SharingSampler::new(all, worker.index, &thread.me));
        let sections = self.run_batches(worker, &mut thread, counts);
        counts.close(sections.wrapping_add(first.into()), &thread.me.events);
        if let Some(sampler) = &thread.sampler {
            sampler.close(&thread.me);
        }
        if let Some(sharing) = &thread.sharing {
            sharing.close();
        }
    }

    fn control(&self, control: &Control<'_>) -> Result<(), Refused> {
        while !self.start_barrier.has_begun() && !control.stop_flag.is_raised() {
            sleep_until(now_ns().saturating_add(BEGIN_POLL_NS));
        }
        self.torture.control(control)
    }

    fn change(&self, config: &Config) {
        self.threshold.store(config.threshold, Relaxed);
    }

    fn lost_updates(&self, sections: u64) -> Option<u64> {
        // Readers write nothing.
        let reads = self.sharing.as_deref().map_or(0, Sharing::reads);
        let writes = sections.saturating_sub(reads);
        self.excludes.then(|| self.lock.lost_updates(writes))
    }

    fn torture(&self) -> TortureCounts {
        self.torture.report()
    }

    fn report_bytes_per_thread(&self) -> usize {
        match (&self.instrumentation, &self.sharing) {
            (None, None) => 256,
            _ => BYTES_PER_THREAD,
        }
    }

    fn details(&self, finished: &Finished<'_>, to: &mut Text) -> Written {
        for event in events(&self.counts) {
            writeln!(to, "{event}")?;
        }
        let placements = finished.placements;
        let vcpu_of = |thread: u32| placements.get(thread as usize).map_or(0, |at| at.vcpu());
        if let Some(sharing) = &self.sharing {
            let sections = self.counts.iter().map(|thread| thread.sections.get());
            let sections = sections.fold(0, u64::wrapping_add);
            let writes = sections.saturating_sub(sharing.reads());
            return sharing.write(writes, &vcpu_of, to);
        }
        let Some(instrumentation) = &self.instrumentation else {
            return self.torture.write_injected(to);
        };
        let queued = placements.iter().map(|place| place.queued_ns());
        let absent_ns = queued.fold(self.torture.report().paused_ns, u64::saturating_add);
        let all_ns = finished.elapsed_ns.saturating_mul(self.counts.len() as u64);
        let presence = Presence {
            vcpu_of: &vcpu_of,
            present_ns: all_ns.saturating_sub(absent_ns),
            tsc_is_stable: tsc_is_stable(),
        };
        measure::write(instrumentation, &presence, to)?;
        self.torture.write_injected(to)
    }
}
