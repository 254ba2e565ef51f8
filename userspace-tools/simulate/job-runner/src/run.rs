// SPDX-License-Identifier: GPL-2.0

//! One run: a caller and its job.

use core::ops::Range;

use abi::job_runner::{Config, Oracle, Switch, Unsound};
use job::{Call, Fail, Job, JobOutcome, Stop, Work};
use kernel::sync::Mutex;
use rig::prelude::*;

use crate::{coverage::Coverage, marked::Marked, step::task, task::Task};

/// Chunks that are recorded for each worker.
const TRACE: u32 = 4096;

/// Random jobs: none.
const NONE: Oracle = Oracle {
    jobs: 0,
    sound: 0,
    failed: 0,
    cancelled: 0,
    late: 0,
    undid: 0,
};

/// Helpers of jobs within jobs: none.
#[derive(Default)]
pub(crate) struct InnerHelpers {
    pub(crate) wanted: Atomic<u32>,
    pub(crate) borrowed: Atomic<u32>,
}

/// Helpers of the run.
pub(crate) struct Helpers(Atomic<u32>);

impl Helpers {
    /// Returns how many were at work at most at a time.
    pub(crate) fn peak(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

/// What the workers of a run share.
pub(crate) struct Run {
    pub(crate) call: Call,
    pub(crate) pool: Helpers,
    pub(crate) task: Arc<KBox<dyn Task>>,
    pub(crate) coverage: Arc<Coverage>,
    pub(crate) inner_helpers: InnerHelpers,
    pub(crate) outcomes: Mutex<KVVec<(u32, JobOutcome)>>,
    pub(crate) oracle: Mutex<(Oracle, Option<Unsound>)>,
    pub(crate) plain_ns: Atomic<u64>,
}

/// The task, whose indices are marked.
struct MarkedTask {
    task: Arc<KBox<dyn Task>>,
    coverage: Arc<Coverage>,
    stop_flag: StopFlag,
}

impl MarkedTask {
    fn marked(&self) -> Marked<'_> {
        Marked {
            task: &**self.task,
            coverage: &self.coverage,
            stop_flag: &self.stop_flag,
        }
    }
}

impl Work for MarkedTask {
    fn part(&self, part: Range<u64>, stop: &Stop<'_>) -> Result<(), Fail> {
        self.marked().part(part, stop)
    }

    fn undo(&self, done: Range<u64>) {
        self.marked().undo(done);
    }
}

impl Run {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let task = Arc::new(task(config)?, GFP_KERNEL)?;
        let coverage = Coverage::new(config.start, config.size as usize)?;
        let coverage = Arc::new(coverage, GFP_KERNEL)?;
        let work = MarkedTask {
            task: task.clone(),
            coverage: coverage.clone(),
            stop_flag: StopFlag::new(),
        };
        Ok(Self {
            call: Call::new(job(config), Box::new(work), config.helpers, config.deny)?,
            pool: Helpers(Atomic::new(0)),
            task,
            coverage,
            inner_helpers: InnerHelpers::default(),
            outcomes: Mutex::new(KVVec::new()),
            oracle: Mutex::new((NONE, None)),
            plain_ns: Atomic::new(0),
        })
    }

    /// Keeps the outcome; all workers have left.
    pub(crate) fn end(&self) {
        if let Some(outcome) = self.call.outcome() {
            self.pool.0.store(outcome.helpers, Relaxed);
            // There is memory.
            let _ = self.outcomes.lock().push((0, outcome), GFP_KERNEL);
        }
    }
}

/// The job. It is called within the first 100 us of the machine, so that is when its time begins.
fn job(config: &Config) -> Job<'static> {
    Job {
        start: config.start,
        size: config.size,
        align: config.align,
        min_chunk: config.min_chunk,
        max_threads: config.max_threads,
        policy: config.policy,
        per_worker: config.per_worker,
        burst: config.burst,
        cap: config.cap,
        deadline_ns: u64::from(config.limit_ms) * 1_000_000,
        spill: config.spill == Switch::On,
        undo: config.undo == Switch::On,
        trace: if config.trace == Switch::On { TRACE } else { 0 },
        cancelled: &|| false,
    }
}
