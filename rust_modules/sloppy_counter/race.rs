// SPDX-License-Identifier: GPL-2.0

//! `adds`: threads that add to one counter, and read it.

use abi::sloppy_counter::{
    Config,
    Counter as Name,
    Switch, //
};
use algo::primitive::{
    cpu_relax,
    Atomic,
    Full,
    Relaxed, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};
use rig::{
    cond_resched,
    now_ns,
    synchronize_rcu,
    BurstTimes,
    CpuDeadCallback,
    OnCpuDead,
    Padded,
    Preempt,
    Refused,
    SingleWriter,
    StartBarrier,
    Until,
    Vcpus,
    Worker, //
};

use crate::{
    audit::Audit,
    control::Disturbed,
    history::History,
    table,
    total::{
        Progress,
        Total, //
    }, //
};
use algo::counter::EachVcpu;

/// The counter, which is folded when a vCPU dies.
pub(crate) struct Subject(pub(crate) KBox<dyn Total>);

impl OnCpuDead for Subject {
    fn cpu_dead(&self, vcpu: u32) {
        self.0.fold_dead(vcpu);
    }
}

/// What one thread does and finds.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) adds: BurstTimes,
    pub(crate) reads: BurstTimes,
    pub(crate) steal_ns: SingleWriter,
}

/// What the threads of a run share.
pub(crate) struct Race {
    // Dropped first: nobody is told of a counter that is gone.
    _on_death: CpuDeadCallback<Subject>,
    pub(crate) subject: Arc<Subject>,
    pub(crate) parts: KVVec<Padded<Part>>,
    pub(crate) audit: Audit,
    pub(crate) start_barrier: StartBarrier,
    pub(crate) config: Config,
    /// Somebody changes the threshold.
    changing: Atomic<u32>,
    pub(crate) threshold: Atomic<u32>,
}

impl Race {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let audited = config.audit == Switch::On;
        let subject = Arc::new(Subject(table::counter(config)?), GFP_KERNEL)?;
        let promises_up = config.counter != Name::Empty && !subject.0.refs();
        if audited && !promises_up {
            return Err(Refused::new(
                EINVAL,
                format_args!(
                    "`audit=on`: {} does not only count up; choose another counter",
                    config.counter
                ),
            ));
        }
        let mut parts = KVVec::new();
        for _ in 0..config.threads {
            parts.push(Padded(Part::default()), GFP_KERNEL)?;
        }
        Ok(Self {
            _on_death: CpuDeadCallback::register(subject.clone())?,
            subject,
            parts,
            audit: Audit::new(config.threads, audited)?,
            start_barrier: StartBarrier::new(config.threads, config.run_ms),
            config: *config,
            changing: Atomic::new(0),
            threshold: Atomic::new(config.threshold),
        })
    }

    pub(crate) fn counter(&self) -> &dyn Total {
        &*self.subject.0
    }

    /// What each thread does until the alarm has rung.
    pub(crate) fn take_part(&self, worker: &Worker<'_>) {
        let index = worker.index as usize;
        let (Some(part), Some(progress)) = (self.parts.get(index), self.audit.progress(index))
        else {
            return;
        };
        let mut history = History::new();
        let _clock = self.start_barrier.wait(worker);
        let stolen = rig::steal_ns(worker.current_vcpu());
        let mut until = Until::new(&self.start_barrier, worker);
        loop {
            self.burst(index, part, progress);
            if self.config.audit == Switch::On {
                self.audit.sample(index, self.counter(), &mut history);
            }
            if until.over() {
                break;
            }
            pause(self.config.idle_ns);
            cond_resched();
        }
        // Of another vCPU, if it moved: then the difference says nothing.
        let now = rig::steal_ns(worker.current_vcpu());
        part.steal_ns.set(now.saturating_sub(stolen));
    }

    /// A burst of additions, and of reads.
    fn burst(&self, index: usize, part: &Part, progress: &Progress) {
        let (counter, burst) = (self.counter(), self.config.burst);
        let before = self.made_by_others(index);
        let here = Preempt::new();
        let from = now_ns();
        let made = match self.config.audit {
            Switch::On => {
                counter.audited(burst, progress);
                burst
            }
            Switch::Off => counter.adds(burst),
        };
        let added = now_ns();
        let shared = self.made_by_others(index) != before;
        part.adds.record(made, added.saturating_sub(from), shared);
        let reads = self.reads_in_a_burst();
        if reads > 0 {
            counter.reads(reads);
            let ns = now_ns().saturating_sub(added);
            part.reads.record(reads, ns, false);
        }
        drop(here);
    }

    fn made_by_others(&self, index: usize) -> u64 {
        let others = self.parts.iter().enumerate().filter(|(i, _)| *i != index);
        let made = others.map(|(_, part)| part.adds.made.get());
        made.fold(0, u64::wrapping_add)
    }

    /// So many that they are `reads` percent of all.
    fn reads_in_a_burst(&self) -> u32 {
        let Config { burst, reads, .. } = self.config;
        let rest = u64::from(100u32.saturating_sub(reads));
        let all = u64::from(burst).saturating_mul(reads.into());
        let times = all.checked_div(rest).unwrap_or(0);
        u32::try_from(times).unwrap_or(u32::MAX)
    }

    /// Changes the threshold, and lets the bound shrink if it may: after all additions that may
    /// have seen the old one, which run with preemption off, and after a fold.
    pub(crate) fn change(&self, threshold: u32) {
        let step = || self.audit.steps.fetch_add(1, Full);
        while self.changing.cmpxchg(0, 1, Full).is_err() {
            cond_resched();
        }
        step();
        self.counter().set_threshold(threshold);
        self.threshold.store(threshold, Relaxed);
        step();
        synchronize_rcu();
        self.fold_all();
        step();
        self.counter().settle();
        step();
        // Pairs with the exchange above.
        self.changing.xchg(0, Full);
    }

    fn fold_all(&self) {
        let counter = self.counter();
        Vcpus.visit(&|| counter.fold(), &|vcpu| counter.fold_dead(vcpu));
    }
}

impl Disturbed for Race {
    fn fold(&self) {
        self.fold_all();
    }

    fn interrupt(&self) {
        // A reference that is got in an interrupt would have to be put.
        if !self.counter().refs() {
            Vcpus.visit(&|| self.audit.interrupt(self.counter()), &|_| ());
        }
    }

    fn change(&self) {
        let usual = self.config.threshold;
        let other = usual.div_ceil(4);
        let now = self.threshold.load(Relaxed);
        Race::change(self, if now == usual { other } else { usual });
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
