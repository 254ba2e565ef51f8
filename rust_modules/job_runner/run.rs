// SPDX-License-Identifier: GPL-2.0

//! One run: callers, each with its job.

use abi::{
    job_runner::{
        Config,
        Oracle,
        Switch,
        Unsound, //
    },
    Limits, //
};
use job::{
    Job,
    JobOutcome,
    JobProgress,
    Places,
    Pool, //
};
use kernel::{
    new_mutex,
    sync::Mutex, //
};
use rig::{
    online_vcpus,
    prelude::*,
    DelayLoop,
    VcpuSet, //
};

use crate::{
    coverage::Coverage,
    marked::Marked,
    nested::{
        InnerHelpers,
        Nested, //
    },
    random_jobs,
    resources::{
        self,
        TRACE, //
    },
    step::task,
    task::Task, //
};

/// Callers by number, and the outcome of the job of each.
type Outcomes = KVVec<(u32, JobOutcome)>;

/// Random jobs by result, and the first one that was not sound.
type RandomJobs = (Oracle, Option<Unsound>);

/// Indices of the plain loop between two preemption points.
const PLAIN_PIECE: u64 = 4096;

/// What the callers of a run share.
pub(crate) struct Run {
    config: KBox<Config>,
    cpus: VcpuSet,
    pub(crate) pool: Arc<Pool>,
    pub(crate) task: KBox<dyn Task>,
    pub(crate) progress: JobProgress,
    pub(crate) coverage: Coverage,
    pub(crate) inner_helpers: InnerHelpers,
    /// Outcomes in the order in which they came; there is room for one of each caller.
    pub(crate) outcomes: Pin<KBox<Mutex<Outcomes>>>,
    pub(crate) oracle: Pin<KBox<Mutex<RandomJobs>>>,
    pub(crate) plain_ns: Atomic<u64>,
}

impl Run {
    pub(crate) fn new(
        config: &Config,
        limits: &Limits,
        delay_loop: DelayLoop,
        pool: Arc<Pool>,
        preparation: &Preparation,
    ) -> Result<Self, Refused> {
        let cpus = resources::vcpus(config, limits)?;
        resources::memory(config, limits)?;
        // Threads are made now, and not in the time that is measured.
        let most = config.max_threads.saturating_mul(config.callers);
        pool.reserve(most.min(limits.vcpus).saturating_sub(1));
        pool.reset_peak();
        // Memory that was free may be used by now, or be fragmented.
        let room = |_| {
            Refused::new(
                ENOMEM,
                format_args!("`job={} size={}`: no room for it", config.job, config.size),
            )
        };
        let outcomes = KVVec::with_capacity(config.callers as usize, may_fail())?;
        Ok(Self {
            config: KBox::new(*config, GFP_KERNEL)?,
            cpus,
            pool,
            task: task(config, delay_loop, preparation).map_err(room)?,
            progress: JobProgress::new(),
            coverage: Coverage::new(config.start, config.size as usize)
                .map_err(|e| room(e.into()))?,
            inner_helpers: InnerHelpers::default(),
            outcomes: KBox::pin_init(new_mutex!(outcomes), GFP_KERNEL)?,
            oracle: KBox::pin_init(new_mutex!((random_jobs::NONE, None)), GFP_KERNEL)?,
            plain_ns: Atomic::new(0),
        })
    }

    pub(crate) fn callers(&self) -> u32 {
        match self.config.check {
            0 => self.config.callers,
            // Random jobs run one after the other.
            _ => 1,
        }
    }

    /// Runs on the thread of each caller.
    pub(crate) fn call(&self, worker: &Worker<'_>) {
        self.move_to_slot(worker, worker.index);
        let (config, pool, progress) = (&self.config, &self.pool, &self.progress);
        if config.check > 0 {
            let oracle = random_jobs::run(config, &self.cpus, pool, progress, worker.stop_flag);
            *self.oracle.lock() = oracle;
            return;
        }
        let marked = Marked {
            task: &*self.task,
            coverage: &self.coverage,
            stop_flag: worker.stop_flag,
        };
        if config.plain == Switch::On {
            self.plain_everywhere(worker);
        }
        let cancelled = || worker.stop_flag.is_raised();
        let job = self.job(worker.index, &cancelled);
        let outcome = match config.nested {
            Switch::Off => job.run(pool, &marked, progress),
            Switch::On => {
                let nested = Nested {
                    job: job.clone(),
                    pool,
                    work: &marked,
                    coverage: &self.coverage,
                    helpers: &self.inner_helpers,
                };
                job.run(pool, &nested, progress)
            }
        };
        // There is room.
        let _ = self
            .outcomes
            .lock()
            .push((worker.index, outcome), GFP_KERNEL);
    }

    /// Moves to the `n`th vCPU of those that are allowed, modulo their number.
    fn move_to_slot(&self, worker: &Worker<'_>, n: u32) {
        let allowed = || online_vcpus().filter(|&vcpu| self.cpus.has(vcpu));
        let nth = (n as usize).checked_rem(allowed().count()).unwrap_or(0);
        if let Some(vcpu) = allowed().nth(nth) {
            worker.move_to(vcpu);
        }
    }

    /// Does the same work in one plain loop on one vCPU after the other, the caller's last; the
    /// fastest counts. So caches, and the page table that an emulator keeps for each vCPU, are as
    /// warm for all workers.
    fn plain_everywhere(&self, worker: &Worker<'_>) {
        for n in (0..self.config.max_threads).rev() {
            self.move_to_slot(worker, worker.index.saturating_add(n));
            self.plain(worker);
        }
    }

    /// Does the same work in one plain loop.
    fn plain(&self, worker: &Worker<'_>) {
        let from = now_ns();
        let mut at = self.config.start;
        let end = at.saturating_add(self.config.size);
        while at < end && !worker.stop_flag.is_raised() {
            let to = at.saturating_add(PLAIN_PIECE).min(end);
            if self.task.items(at..to, worker.stop_flag).is_err() {
                break;
            }
            cond_resched();
            at = to;
        }
        if at == end {
            let ns = now_ns().saturating_sub(from).max(1);
            let best = match self.plain_ns.load(Relaxed) {
                0 => ns,
                best => best.min(ns),
            };
            self.plain_ns.store(best, Relaxed);
        }
    }

    fn job<'a>(&'a self, caller: u32, cancelled: &'a (dyn Fn() -> bool + Sync)) -> Job<'a> {
        let config = &self.config;
        let share = |n: u32| {
            let whole = config.size.saturating_mul(n.into());
            whole.checked_div(config.callers.into()).unwrap_or(0)
        };
        let (from, to) = (share(caller), share(caller.saturating_add(1)));
        let limit_ns = u64::from(config.limit_ms).saturating_mul(1_000_000);
        Job {
            start: config.start.saturating_add(from),
            size: to.saturating_sub(from),
            align: config.align,
            min_chunk: config.min_chunk,
            max_threads: config.max_threads,
            policy: config.policy,
            per_worker: config.per_worker,
            burst: config.burst,
            nice: config.nice as i32,
            cap: config.cap,
            deadline_ns: now_ns().saturating_add(limit_ns),
            cpus: Places::These(&self.cpus),
            nodes: config.nodes.into(),
            spill: config.spill == Switch::On,
            helpers: config.helpers,
            deny: config.deny,
            begin: config.begin,
            undo: config.undo == Switch::On,
            trace: if config.trace == Switch::On { TRACE } else { 0 },
            cancelled,
        }
    }
}
