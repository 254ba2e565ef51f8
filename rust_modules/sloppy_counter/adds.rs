// SPDX-License-Identifier: GPL-2.0

//! Work `adds`: threads add to one counter, and read it.

use abi::sloppy_counter::{
    Config,
    Switch, //
};
use algo::counter::EachVcpu;
use kernel::{
    new_mutex,
    sync::Mutex, //
};
use rig::{
    prelude::*,
    steal_ns,
    synchronize_rcu,
    BurstTimes,
    CpuDeadCallback,
    OnCpuDead,
    Slices,
    StartBarrier,
    Until,
    Vcpus, //
};

use crate::{
    audit::Audit,
    history::History,
    registry::counter,
    subject::{
        Progress,
        Promise,
        Subject, //
    },
    work::{
        Work,
        BURST, //
    }, //
};

/// The counter, which is folded when a vCPU goes offline.
struct Shared(KBox<dyn Subject>);

impl OnCpuDead for Shared {
    fn cpu_dead(&self, vcpu: u32) {
        self.0.promise().fold_dead(vcpu);
    }
}

/// Times of one thread.
#[derive(Default)]
pub(crate) struct Times {
    pub(crate) adds: BurstTimes,
    pub(crate) reads: BurstTimes,
    pub(crate) steal_ns: SingleWriter,
}

/// What a thread needs for a burst.
struct Mine<'a> {
    index: usize,
    times: &'a Times,
    progress: &'a Progress,
    stop_flag: &'a StopFlag,
    adds: Slices,
    reads: Slices,
}

/// What the threads of a run share.
pub(crate) struct Adds {
    // Dropped first: there is no callback for a counter that is gone.
    _cpu_dead: CpuDeadCallback<Shared>,
    shared: Arc<Shared>,
    pub(crate) times: PerThread<Times>,
    pub(crate) audit: Audit,
    start_barrier: StartBarrier,
    pub(crate) config: Config,
    /// Held by the thread that changes the threshold.
    changing: Pin<KBox<Mutex<()>>>,
    pub(crate) threshold: Atomic<u32>,
}

impl Adds {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let audited = config.audit == Switch::On;
        let shared = Arc::new(Shared(counter(config)?), GFP_KERNEL)?;
        Ok(Self {
            _cpu_dead: CpuDeadCallback::register(shared.clone())?,
            shared,
            times: PerThread::new(config.threads, || Ok(Times::default()))?,
            audit: Audit::new(config.threads, audited)?,
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
            config: *config,
            changing: KBox::pin_init(new_mutex!(()), GFP_KERNEL)?,
            threshold: Atomic::new(config.threshold),
        })
    }

    pub(crate) fn subject(&self) -> &dyn Subject {
        &*self.shared.0
    }

    pub(crate) fn counter(&self) -> &dyn Promise {
        self.subject().promise()
    }

    pub(crate) fn counts_references(&self) -> bool {
        self.config.counter.facts().refs
    }

    /// A burst of additions, and of reads.
    #[inline(never)]
    fn burst(&self, mine: &Mine<'_>) {
        let subject = self.subject();
        let before = self.made_by_others(mine.index);
        let add = |ones| match self.config.audit {
            Switch::On => {
                subject.audited(ones, mine.progress);
                ones
            }
            Switch::Off => subject.adds(ones),
        };
        let (made, ns) = in_slices(&mine.adds, self.config.burst, mine.stop_flag, add);
        let shared = self.made_by_others(mine.index) != before;
        mine.times.adds.record(made, ns, shared);
        let reads = self.reads_per_burst();
        if reads > 0 {
            let read = |times| {
                subject.reads(times);
                times
            };
            let (made, ns) = in_slices(&mine.reads, reads, mine.stop_flag, read);
            mine.times.reads.record(made, ns, false);
        }
    }

    fn made_by_others(&self, index: usize) -> u64 {
        let others = self.times.iter().enumerate().filter(|(i, _)| *i != index);
        let made = others.map(|(_, times)| times.adds.made.get());
        made.fold(0, u64::wrapping_add)
    }

    /// So many that they are `reads` percent of all operations.
    fn reads_per_burst(&self) -> u32 {
        let Config { burst, reads, .. } = self.config;
        let rest = u64::from(100u32.saturating_sub(reads));
        let all = u64::from(burst).saturating_mul(reads.into());
        let times = all.checked_div(rest).unwrap_or(0);
        u32::try_from(times).unwrap_or(u32::MAX)
    }
}

impl Work for Adds {
    fn thread(&self, worker: &Worker<'_>) {
        let index = worker.index as usize;
        let (Some(times), Some(progress)) = (self.times.get(index), self.audit.progress(index))
        else {
            return;
        };
        let slices = || Slices::new(BURST, u32::MAX);
        let mine = Mine {
            index,
            times,
            progress,
            stop_flag: worker.stop_flag,
            adds: slices(),
            reads: slices(),
        };
        let mut history = History::new();
        let _clock = self.start_barrier.wait(worker);
        let stolen = steal_ns(worker.current_vcpu());
        let mut until = Until::new(&self.start_barrier, worker);
        loop {
            self.burst(&mine);
            if self.config.audit == Switch::On {
                self.audit.sample(index, self.counter(), &mut history);
            }
            if until.over() {
                break;
            }
            pause(self.config.idle_ns);
            cond_resched();
        }
        // After a migration it is that of another vCPU, and the difference means nothing.
        let now = steal_ns(worker.current_vcpu());
        times.steal_ns.set(now.saturating_sub(stolen));
    }

    fn operations(&self, index: usize) -> u64 {
        self.times
            .get(index)
            .map_or(0, |times| times.adds.made.get())
    }

    fn fold(&self) {
        let counter = self.counter();
        Vcpus.visit(&|| counter.fold(), &|vcpu| counter.fold_dead(vcpu));
    }

    fn interrupt(&self) {
        let counter = self.counter();
        let add = || match self.counts_references() {
            true => {
                counter.add(1);
                counter.add(-1);
            }
            false => self.audit.interrupt(counter),
        };
        Vcpus.visit(&add, &|_| ());
    }

    fn toggle_threshold(&self) {
        let usual = self.config.threshold;
        let now = self.threshold.load(Relaxed);
        self.set_threshold(if now == usual {
            usual.div_ceil(4)
        } else {
            usual
        });
    }

    /// Changes the threshold, and lets the bound shrink if it may: after all additions that may have
    /// used the old one, which run with preemption off, and after a fold.
    fn set_threshold(&self, threshold: u32) {
        let step = || self.audit.steps.fetch_add(1, Full);
        // One thread at a time; the others sleep.
        let _changing = self.changing.lock();
        step();
        self.counter().set_threshold(threshold);
        self.threshold.store(threshold, Relaxed);
        step();
        synchronize_rcu();
        self.fold();
        step();
        self.counter().settle();
        step();
    }
}

/// Makes `wanted` operations, with preemption off for one stretch after the other; returns how many
/// were made, and in what time.
fn in_slices(
    slices: &Slices,
    wanted: u32,
    stop_flag: &StopFlag,
    mut slice: impl FnMut(u32) -> u32,
) -> (u32, u64) {
    let (mut made, mut ns) = (0u32, 0u64);
    loop {
        let here = Preempt::new();
        let stretch = slices.stretch(wanted.saturating_sub(made), stop_flag, &mut slice);
        drop(here);
        made = made.saturating_add(stretch.made);
        ns = ns.saturating_add(stretch.ns);
        if stretch.is_last {
            return (made, ns);
        }
        cond_resched();
    }
}

fn pause(ns: u32) {
    if ns > 0 {
        let until = now_ns().saturating_add(ns.into());
        while now_ns() < until {
            cpu_relax();
        }
    }
}
