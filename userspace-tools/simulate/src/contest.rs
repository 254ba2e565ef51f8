// SPDX-License-Identifier: GPL-2.0

//! One run of contention: a thread on each vCPU goes through critical sections until time is up.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use abi::{
    lock_load::{Acquire, Config, Switch},
    trial::Load,
};
use algo::{lock::Lock, Tuning, Waiter};
use machine::{words, Ended, GuestId, Machine, Ns, Plan, Policy};
use measure::{Padded, Probe, Unsampled};

use crate::{
    failed::Failed,
    marks,
    outcome::Outcome,
    primitives,
    protected_words::ProtectedWords,
    registry::{with_lock, WithLock},
    report::Report,
    sampling::{instrumentation, sampler, sharing, Instrumentation, Sharing, SharingSampler},
    start_barrier::StartBarrier,
    thread_counts::ThreadCounts,
};

/// Sections between two looks at the clock.
const BATCH: u32 = 64;

/// What the threads share.
struct Shared<L> {
    lock: Padded<L>,
    words: Padded<ProtectedWords>,
    config: Config,
    barrier: StartBarrier,
    instrumentation: Option<Instrumentation>,
    /// In a run with readers, in place of the instrumentation.
    sharing: Option<Sharing>,
    threads: RefCell<Vec<ThreadCounts>>,
    /// When the last thread left.
    left_at: Cell<Ns>,
}

/// Runs what `config` says on a machine of `plan`, whose vCPUs are the threads. The plan ends later than the
/// run: a thread that has not left by then never does.
///
/// # Errors
///
/// If it cannot be simulated.
pub fn run(config: &Config, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed> {
    if config.load == Load::Primitives {
        // What a trial ignores is refused as it is of a contest.
        let contest = Config {
            load: Load::Contest,
            ..*config
        };
        return match unknown(&contest) {
            Some(setting) => Err(Failed::Setting(setting)),
            None => primitives::run(config, plan, policy),
        };
    }
    let contest = Contest::of(config, plan, policy)?;
    with_lock(config, contest).unwrap_or(Err(Failed::KernelLock(config.lock.name())))
}

/// The same with a lock of type `L` in place of the one that `config` names, whose promises it is held to.
///
/// # Errors
///
/// If it cannot be simulated.
pub fn run_type<L: Lock + 'static>(
    config: &Config,
    plan: Plan,
    policy: Box<dyn Policy>,
) -> Result<Outcome, Failed> {
    Contest::of(config, plan, policy)?.with::<L>()
}

/// Returns a setting that is not simulated.
fn unknown(config: &Config) -> Option<&'static str> {
    let defaults = Config::default();
    let others = [
        ("load", config.load != defaults.load),
        ("nested", config.nested != 1),
        ("acquire=try", config.acquire == Acquire::Try),
        ("irqs=off", config.irqs != defaults.irqs),
        ("preempt", config.preempt != defaults.preempt),
        ("stutter_ms", config.stutter_ms > 0),
        ("shuffle_ms", config.shuffle_ms > 0),
        ("onoff_ms", config.onoff_ms > 0),
        ("long_hold_ms", config.long_hold_ms > 0),
        ("boost_ms", config.boost_ms > 0),
        (
            "histograms=on",
            config.lock.facts().delegates && config.histograms == Switch::On,
        ),
        (
            "readers_pct",
            config.readers_pct > 0 && !config.lock.facts().shares,
        ),
    ];
    others
        .into_iter()
        .find(|(_, is_set)| *is_set)
        .map(|(name, _)| name)
}

/// Runs the body of section `number` between the marks of the vCPU that runs it.
fn marked(number: u64, body: impl FnOnce()) {
    words::mark(marks::ENTERS, number);
    words::in_section(true);
    body();
    words::in_section(false);
    words::mark(marks::LEAVES, number);
}

struct Contest<'a> {
    config: &'a Config,
    plan: Plan,
    policy: Box<dyn Policy>,
}

impl<'a> Contest<'a> {
    fn of(config: &'a Config, plan: Plan, policy: Box<dyn Policy>) -> Result<Self, Failed> {
        match unknown(config) {
            Some(setting) => Err(Failed::Setting(setting)),
            None => Ok(Self {
                config,
                plan,
                policy,
            }),
        }
    }
}

impl WithLock for Contest<'_> {
    type Output = Result<Outcome, Failed>;

    fn with<L: Lock + 'static>(self) -> Self::Output {
        let Config { threads, lock, .. } = *self.config;
        let sharing = sharing(self.config);
        let instrumentation = match sharing {
            Some(_) => None,
            None => instrumentation(self.config, lock.facts().order(), L::REPORTS_CONTENTION),
        };
        let shared = Rc::new(Shared {
            lock: Padded(L::new()),
            words: Padded(ProtectedWords::default()),
            config: *self.config,
            barrier: StartBarrier::default(),
            instrumentation,
            sharing,
            threads: RefCell::new(vec![ThreadCounts::default(); threads as usize]),
            left_at: Cell::new(0),
        });
        let sticky_kicks = self.plan.sticky_kicks;
        let mut machine = Machine::new(self.plan, self.policy);
        for index in 0..threads {
            let shared = shared.clone();
            let code = move || shared.thread(index);
            machine
                .add(GuestId(0), None, code)
                .map_err(Failed::Memory)?;
        }
        let machine = machine.run();
        let Some(shared) = Rc::into_inner(shared) else {
            unreachable!("a machine that has run has dropped its code");
        };
        Ok(shared.outcome(machine, sticky_kicks))
    }
}

impl<L: Lock> Shared<L> {
    /// Thread function.
    fn thread(&self, index: u32) {
        let Config {
            threads,
            threshold,
            backoff,
            overtakes,
            timeout_us,
            ..
        } = self.config;
        let me = Waiter::new(Tuning {
            threshold,
            backoff,
            overtakes,
            timeout: u64::from(timeout_us) * 1000,
        });
        let mut sections = 0;
        if index == 0 {
            self.lock.with(&me, || {
                words::mark(marks::ENTERS, 0);
                self.words
                    .exposed_section(|| self.barrier.wait_for_arrivals(threads - 1));
                if let Some(run) = &self.instrumentation {
                    run.begin();
                }
                if let Some(run) = &self.sharing {
                    run.begin();
                }
                words::mark(marks::LEAVES, 0);
            });
            sections += 1;
        } else {
            self.barrier.arrive();
        }
        let run = self.instrumentation.as_ref();
        let sampler = run.and_then(|run| sampler(run, index, &me));
        let run = self.sharing.as_ref();
        let sharing = run.and_then(|run| SharingSampler::new(run, index, &me));
        while !self.is_over() {
            sections += match (&sampler, &sharing) {
                (_, Some(sharing)) => self.shared_sections(&me, sharing),
                (Some(sampler), None) => sampler.batch(&me, || self.sections(&me, sampler)),
                (None, None) => self.sections(&me, &Unsampled),
            };
        }
        if let Some(sharing) = &sharing {
            sharing.close();
        }
        if let Some(sampler) = &sampler {
            sampler.close(&me);
        }
        self.left_at
            .set(self.left_at.get().max(words::exact_time()));
        self.threads.borrow_mut()[index as usize] = ThreadCounts {
            sections,
            left: true,
            events: me.events.iter().collect(),
        };
    }

    /// Whether the time of the run is over.
    fn is_over(&self) -> bool {
        let run_ns = Ns::from(self.config.run_ms) * 1_000_000;
        let began = self.barrier.began();
        began.is_some_and(|began| words::clock() >= began + run_ns)
    }

    /// Runs a batch of sections, fewer if time is up; returns how many. The measured loop of `lock_load`.
    fn sections<P: Probe>(&self, me: &Waiter, probe: &P) -> u64 {
        let mut sections = 0;
        while sections < BATCH.into() && !self.is_over() {
            words::mark(marks::COMES, sections);
            if !L::REPORTS_CONTENTION {
                probe.before_acquire(me);
            }
            let (protected, hold_ns) = (&*self.words, self.config.hold_ns);
            let section = || protected.section(|| words::compute(hold_ns.into()));
            if P::TIMES {
                let timed = || {
                    if probe.skips(me) {
                        section();
                        probe.end_skipped(me, sections);
                    } else {
                        let entered = probe.begin_timed(me, sections);
                        section();
                        probe.end_timed(entered);
                    }
                };
                self.lock.with(me, || marked(sections, timed));
            } else {
                self.lock.delegate(me, || marked(sections, section));
            }
            sections += 1;
            words::compute(self.config.idle_ns.into());
        }
        sections
    }

    /// The same in a run with readers.
    fn shared_sections(&self, me: &Waiter, sharing: &SharingSampler<'_>) -> u64 {
        let mut sections = 0;
        let hold = || words::compute(self.config.hold_ns.into());
        while sections < BATCH.into() && !self.is_over() {
            words::mark(marks::COMES, sections);
            let is_shared = sharing.is_next_shared();
            if !L::REPORTS_CONTENTION {
                sharing.before_acquire(me);
            }
            if is_shared {
                self.lock.with_shared(me, || {
                    sharing.enter_shared(me);
                    self.words.shared_section(hold);
                });
            } else {
                self.lock.with(me, || {
                    words::mark(marks::ENTERS, sections);
                    words::in_section(true);
                    sharing.enter(me);
                    self.words.exposed_section(hold);
                    words::in_section(false);
                    words::mark(marks::LEAVES, sections);
                });
            }
            sections += 1;
            words::compute(self.config.idle_ns.into());
        }
        sections
    }

    fn outcome(self, machine: Ended, sticky_kicks: bool) -> Outcome {
        let threads = self.threads.into_inner();
        let sections = threads.iter().map(|thread| thread.sections).sum();
        let stuck = threads.iter().filter(|thread| !thread.left).count();
        // Readers write nothing.
        let reads = self.sharing.as_ref().map_or(0, Sharing::reads);
        let lost_updates = self.words.lost_updates(sections - reads);
        let report = Report {
            config: &self.config,
            elapsed_ns: self
                .left_at
                .get()
                .saturating_sub(self.barrier.began().unwrap_or(0)),
            threads: &threads,
            lost_updates,
            sticky_kicks,
            transfers: Some(machine.counts.transfers),
            details: "",
            instrumentation: self.instrumentation.as_ref(),
            sharing: self.sharing.as_ref(),
        };
        Outcome {
            report: match stuck {
                0 => Ok(report.to_string()),
                stuck => Err(Failed::Stuck(stuck)),
            },
            stuck,
            sections,
            lost_updates,
            machine,
        }
    }
}
