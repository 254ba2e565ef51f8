// SPDX-License-Identifier: GPL-2.0

//! One run: callers, each with its job.

use abi::{
    job_runner::{
        Config,
        Cpus,
        JobEnd,
        Oracle,
        Switch, //
    },
    Limits, //
};
use algo::primitive::{
    Atomic,
    Relaxed, //
};
use job::{
    Done,
    Job,
    Nodes,
    Places,
    Pool,
    Ticket, //
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    }, //
};
use rig::{
    now_ns,
    DelayLoop,
    Refused,
    Worker, //
};

use crate::{
    afford::{
        self,
        TRACE, //
    },
    coverage::Coverage,
    errand::{
        Errand,
        Nested, //
    },
    random,
    step::{
        task,
        Task, //
    }, //
};

/// Callers by number, and what became of the job of each.
type Dones = KVVec<(u32, Done)>;

/// What the callers of a run share.
pub(crate) struct Run {
    config: Config,
    cpus: Cpus,
    pool: Arc<Pool>,
    task: KBox<dyn Task>,
    pub(crate) ticket: Ticket,
    pub(crate) coverage: Coverage,
    /// What the jobs came to, in the order of their callers, who have reserved room.
    pub(crate) done: Pin<KBox<Mutex<Dones>>>,
    pub(crate) oracle: Pin<KBox<Mutex<Oracle>>>,
    pub(crate) plain_ns: Atomic<u64>,
}

impl Run {
    pub(crate) fn new(
        config: &Config,
        limits: &Limits,
        delay_loop: DelayLoop,
        pool: Arc<Pool>,
    ) -> Result<Self, Refused> {
        let cpus = afford::vcpus(config, limits)?;
        afford::memory(config, limits)?;
        // In the time of whoever writes `start`, and not in that which is measured.
        let most = config.max_threads.saturating_mul(config.callers);
        pool.reserve(most.min(limits.vcpus).saturating_sub(1));
        pool.reset_peak();
        // What was said to be spared may be gone, or not be in a row.
        let room = |_| {
            Refused::new(
                ENOMEM,
                format_args!("`job={} size={}`: no room for it", config.job, config.size),
            )
        };
        let callers = KVVec::with_capacity(config.callers as usize, GFP_KERNEL)?;
        Ok(Self {
            config: *config,
            cpus,
            pool,
            task: task(config, delay_loop).map_err(room)?,
            ticket: Ticket::new(),
            coverage: Coverage::new(config.start, config.size as usize)
                .map_err(|e| room(e.into()))?,
            done: KBox::pin_init(new_mutex!(callers), GFP_KERNEL)?,
            oracle: KBox::pin_init(new_mutex!(random::NONE), GFP_KERNEL)?,
            plain_ns: Atomic::new(0),
        })
    }

    pub(crate) fn callers(&self) -> u32 {
        match self.config.check {
            0 => self.config.callers,
            // Random jobs come one after the other.
            _ => 1,
        }
    }

    /// Returns what the work came to, and what it must come to if all was done.
    pub(crate) fn totals(&self) -> (u64, u64) {
        self.task.totals()
    }

    /// Returns how many helpers were at work at most at a time.
    pub(crate) fn most_helpers(&self) -> u32 {
        self.pool.peak()
    }

    /// What each caller does.
    pub(crate) fn call(&self, worker: &Worker<'_>) {
        self.sit_down(worker, worker.index);
        let config = &self.config;
        if config.check > 0 {
            let oracle = random::jobs(
                config,
                self.cpus,
                &self.pool,
                &self.ticket,
                worker.stop_flag,
            );
            *self.oracle.lock() = oracle;
            return;
        }
        let errand = Errand {
            task: &*self.task,
            coverage: &self.coverage,
            stop_flag: worker.stop_flag,
        };
        if config.plain == Switch::On {
            self.plain_everywhere(worker);
        }
        let cancelled = || worker.stop_flag.is_raised();
        let job = self.job(worker.index, &cancelled);
        let done = match config.nested {
            Switch::Off => job.run(&self.pool, &errand, &self.ticket),
            Switch::On => {
                let nested = Nested {
                    job: job.clone(),
                    pool: &self.pool,
                    inner: &errand,
                };
                job.run(&self.pool, &nested, &self.ticket)
            }
        };
        // There is room.
        let _ = self.done.lock().push((worker.index, done), GFP_KERNEL);
    }

    /// Takes seat `n` of those that are allowed; a caller's is its own number.
    fn sit_down(&self, worker: &Worker<'_>, n: u32) {
        let allowed = || rig::online_vcpus().filter(|&vcpu| self.cpus.has(vcpu));
        let count = allowed().count();
        let nth = (n as usize).checked_rem(count).unwrap_or(0);
        if let Some(vcpu) = allowed().nth(nth) {
            worker.move_to(vcpu);
        }
    }

    /// Does the same work in one plain loop on one vCPU after the other, the caller's last; the
    /// fastest counts. Then no worker knows the memory better than another: caches, and the table
    /// of pages that an emulator keeps for each vCPU, are as warm for all.
    fn plain_everywhere(&self, worker: &Worker<'_>) {
        for n in (0..self.config.max_threads).rev() {
            self.sit_down(worker, worker.index.saturating_add(n));
            self.plain(worker);
        }
    }

    /// Does the same work in one plain loop.
    fn plain(&self, worker: &Worker<'_>) {
        let config = &self.config;
        let from = now_ns();
        let all = config.start..config.start.saturating_add(config.size);
        // In pieces only so that others get a chance: this is no job.
        let mut at = all.start;
        while at < all.end && !worker.stop_flag.is_raised() {
            let to = at.saturating_add(4096).min(all.end);
            if self.task.items(at..to, worker.stop_flag).is_err() {
                break;
            }
            rig::cond_resched();
            at = to;
        }
        if at == all.end {
            let ns = now_ns().saturating_sub(from).max(1);
            let best = match self.plain_ns.load(Relaxed) {
                0 => ns,
                best => best.min(ns),
            };
            self.plain_ns.store(best, Relaxed);
        }
    }

    fn job<'a>(&self, caller: u32, cancelled: &'a (dyn Fn() -> bool + Sync)) -> Job<'a> {
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
            cpus: Places::These(self.cpus),
            nodes: nodes(config.nodes),
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

pub(crate) fn nodes(count: u32) -> Nodes {
    match count {
        0 => Nodes::OfTheMachine,
        count => Nodes::Pretended(count),
    }
}

/// The worse of two ways to end.
pub(crate) fn worse(one: JobEnd, other: JobEnd) -> JobEnd {
    match one {
        JobEnd::Done => other,
        one => one,
    }
}
