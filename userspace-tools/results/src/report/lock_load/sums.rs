// SPDX-License-Identifier: GPL-2.0

//! Whether the numbers of a report of `lock-load` agree with each other.

use abi::{
    histogram::{Head, Of},
    lock_load::{Cause, LongWait, Thread, ThreadWaits},
    primitive::PrimitiveCost,
    status::OracleState,
    trial::{Load, Step},
};

use super::LockLoad;
use crate::{
    count::total,
    histogram::ThreadHistogram,
    report::check::{equal, threads},
};

impl LockLoad {
    /// Checks every sum.
    pub(super) fn check_sums(&self) -> Result<(), String> {
        let sum = &self.sum;
        let each = |of: fn(&Thread) -> u64| self.threads.iter().map(of);
        let indices = self.threads.iter().map(|t| t.index);
        threads(sum.elapsed_ns, self.config.threads, indices)?;
        let sections = || each(|t| t.sections);
        equal("sections", sum.sections, total(sections()))?;
        equal("min", sum.min, sections().min().unwrap_or(0))?;
        equal("max", sum.max, sections().max().unwrap_or(0))?;
        let count = self.threads.len() as u64;
        equal("mean", sum.mean, sum.sections / count.max(1))?;
        equal("halts", sum.halts, total(each(|t| t.halts)))?;
        equal("kicks", sum.kicks, total(each(|t| t.kicks)))?;
        self.check_trial()?;
        self.check_steps()?;
        self.check_primitives()?;
        match (sum.exclusion, sum.lost) {
            (OracleState::Broken, 0) => Err("exclusion broken, but nothing lost".into()),
            (OracleState::Held, lost @ 1..) => Err(format!("exclusion held, but {lost} lost")),
            _ if self.config.readers_pct > 0 => self.check_sharing(),
            _ if self.is_sampled() => self.check_samples(),
            _ => Ok(()),
        }
    }

    /// Checks that the kinds of sections add up, and that each was timed but the first, for which all
    /// threads queued up.
    fn check_sharing(&self) -> Result<(), String> {
        let sharing = self.sharing.as_ref().ok_or("no line `sharing`")?;
        let sections = total([sharing.reads, sharing.writes]);
        equal("shared and exclusive sections", sections, self.sum.sections)?;
        let (reads, writes) = (self.times(Of::ReadWait), self.times(Of::WriteWait));
        for timed in &self.histograms {
            equal(
                "a histogram's buckets",
                timed.times.count(),
                timed.head.count,
            )?;
        }
        if !self.is_timed() {
            return equal("histograms", self.histograms.len() as u64, 0);
        }
        equal("timed shared sections", reads.count(), sharing.reads)?;
        let timed = sharing.writes.saturating_sub(1);
        equal("timed exclusive sections", writes.count(), timed)
    }

    fn check_trial(&self) -> Result<(), String> {
        let deadlocks = self.config.load == Load::Deadlocks;
        let trials = u64::from(self.config.load.is_trial() || deadlocks);
        equal("lines of a trial", self.trial.len() as u64, trials)?;
        for trial in &self.trial {
            let named = if deadlocks { 0 } else { trial.lost.min(8) };
            equal("lost wake-ups", named, self.lost.len() as u64)?;
            let rounds = trial.rounds >= trial.wanted;
            let verdict = match trial.lost {
                0 if rounds => OracleState::Held,
                0 => OracleState::Untested,
                _ => OracleState::Broken,
            };
            if trial.verdict != verdict {
                return Err(format!("verdict {}, not {verdict}: {trial}", trial.verdict));
            }
        }
        Ok(())
    }

    /// Every step was timed in every round.
    fn check_steps(&self) -> Result<(), String> {
        let due = match self.config.load {
            Load::Steps => Step::ALL,
            _ => &[],
        };
        if !self
            .steps
            .iter()
            .map(|steps| steps.of)
            .eq(due.iter().copied())
        {
            return Err(format!("steps {:?}, not {due:?}", self.steps));
        }
        for steps in &self.steps {
            equal("rounds of a step", steps.rounds, self.sum.sections)?;
            let sum = |each: u64| u128::from(each) * u128::from(steps.rounds);
            if !(sum(steps.least)..=sum(steps.most)).contains(&steps.ticks.into()) {
                return Err(format!("the sum is not that of such lengths: {steps}"));
            }
        }
        Ok(())
    }

    /// Each primitive has one line at most, with quantiles that ascend, and none but in a run that times them.
    fn check_primitives(&self) -> Result<(), String> {
        if self.config.load != Load::Primitives && !self.primitives.is_empty() {
            return Err("costs of primitives, which the run did not time".into());
        }
        for (i, cost) in self.primitives.iter().enumerate() {
            let PrimitiveCost {
                min_ps,
                p50_ps,
                p90_ps,
                p99_ps,
                p999_ps,
                max_ps,
                ..
            } = *cost;
            if !([min_ps, p50_ps, p90_ps, p99_ps, p999_ps, max_ps].is_sorted() && cost.samples > 0)
            {
                return Err(format!("its quantiles do not ascend: {cost}"));
            }
            if self.primitives[..i].iter().any(|other| other.of == cost.of) {
                return Err(format!("a primitive has two lines: {cost}"));
            }
        }
        Ok(())
    }

    /// Checks that the samples agree with each other.
    fn check_samples(&self) -> Result<(), String> {
        let sum_of = |of: fn(&ThreadWaits) -> u64| total(self.thread_waits.iter().map(of));
        let order = self.order.as_ref().ok_or("no line `order`")?;
        equal("waits", order.waits, sum_of(|w| w.waits))?;
        equal("overtaken", order.overtaken, sum_of(|w| w.overtaken))?;
        if (order.fifo == OracleState::Broken) != (order.overtaken > 0)
            && order.fifo != OracleState::Untested
        {
            return Err(format!("the verdict is not that of its numbers: {order}"));
        }
        if let Some(bypass) = &self.bypass {
            let is_known = bypass.once != OracleState::Untested;
            if bypass.exceeded > order.overtaken
                || is_known && (bypass.once == OracleState::Broken) != (bypass.exceeded > 0)
            {
                return Err(format!("the verdict is not that of its numbers: {bypass}"));
            }
        }
        let long = self.long_wait_count();
        if long > order.waits || self.long_waits.len() != Cause::ALL.len() {
            return Err(format!("{long} long waits of {}", order.waits));
        }
        self.check_logged()?;
        let kinds = Of::EXCLUSIVE.len() as u64;
        let timed = self.histograms.len() as u64;
        equal("histograms", timed, kinds * self.thread_waits.len() as u64)?;
        self.histograms
            .iter()
            .try_for_each(|timed| self.check_times(timed))
    }

    /// Checks that the logged waits are among those of the sums, and the requests among all.
    fn check_logged(&self) -> Result<(), String> {
        for sum in &self.long_waits {
            let mine = || self.logged_waits.iter().filter(|w| w.cause == sum.cause);
            let ns = total(mine().map(|w| w.end_ns.saturating_sub(w.begin_ns)));
            let count = mine().count() as u64;
            if count > sum.count || ns > sum.ns {
                return Err(format!("{count} waits of {ns} ns are logged: {sum}"));
            }
        }
        self.logged_waits.iter().try_for_each(check_wait)?;
        match &self.injected {
            Some(all) if self.injections.len() as u64 > all.requested => Err(format!(
                "{} requests are logged: {all}",
                self.injections.len()
            )),
            None if !self.injections.is_empty() => Err("requests without a sum".into()),
            _ => Ok(()),
        }
    }

    /// Thread 0 has one section more than samples: the first, for which all threads queued up.
    fn check_times(&self, timed: &ThreadHistogram) -> Result<(), String> {
        let Head {
            of, index, count, ..
        } = timed.head;
        let threads = self.threads.iter().zip(&self.thread_waits);
        let mut threads = threads.filter(|(t, w)| t.index == index && w.index == index);
        let (thread, waits) = threads.next().ok_or(format!("no thread {index}"))?;
        equal("a histogram's buckets", timed.times.count(), count)?;
        let sections = thread.sections.saturating_sub(u64::from(index == 0));
        match of {
            Of::Wait => {
                equal("longest wait", waits.longest_wait_ns, timed.head.longest_ns)?;
                equal("sections that waited or did not", count, sections)
            }
            Of::Hold => equal("sections that were held", count, sections),
            Of::HandOff if count > waits.waits => Err(format!(
                "{count} hand-offs to thread {index}, which waited {} times",
                waits.waits
            )),
            Of::HandOff => Ok(()),
            Of::ReadWait | Of::WriteWait => Err(format!("a histogram of {of} without readers")),
        }
    }
}

/// Checks that the parts of a wait add up to its length, and that its cause is the largest.
fn check_wait(wait: &LongWait) -> Result<(), String> {
    let parts = [
        (Cause::HolderPreempted, wait.holder_ns),
        (Cause::PredecessorPreempted, wait.predecessor_ns),
        (Cause::WaiterStolen, wait.own_ns),
        (Cause::Queueing, wait.queue_ns),
    ];
    let sum = total(parts.iter().map(|(_, ns)| *ns));
    equal(
        "parts of a long wait",
        sum,
        wait.end_ns.saturating_sub(wait.begin_ns),
    )?;
    let most = parts.iter().map(|(_, ns)| *ns).max();
    let mine = parts.iter().find(|(cause, _)| *cause == wait.cause);
    match mine.map(|(_, ns)| *ns) == most {
        true => Ok(()),
        false => Err(format!("its cause is not the largest part: {wait}")),
    }
}
