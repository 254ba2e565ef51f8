// SPDX-License-Identifier: GPL-2.0

//! Job function of a random job: it marks indices, and ends the job in each way that there is.

use core::ops::Range;

use abi::job_runner::{
    JobEnd,
    Rule, //
};
use job::{
    Fail,
    Job,
    JobOutcome,
    Nodes,
    Stop,
    Work, //
};
use rig::{
    prelude::*,
    Random, //
};

use crate::coverage::Coverage;

/// Job function of a random job.
pub(super) struct Marks<'a> {
    pub(super) coverage: &'a Coverage,
    job: &'a Job<'a>,
    /// Whether each part is again a job.
    pub(super) is_nested: bool,
    /// Index that fails.
    fails_at: Option<u64>,
    /// Whether a part that fails does the indices before that one, and names it.
    is_exact: bool,
    /// Index at which the job is cancelled.
    cancels_at: Option<u64>,
    /// Index at which a part stops, though nothing stopped the job.
    stops_at: Option<u64>,
    /// Whether each part tests whether the job is stopped.
    polls: bool,
    cancelled: &'a Atomic<bool>,
    /// Calls that did not end where they may.
    unaligned: Atomic<u64>,
    /// Calls that were too short, and neither the first nor the last one of the range.
    short: Atomic<u64>,
}

impl<'a> Marks<'a> {
    /// Draws what becomes of `job`.
    pub(super) fn draw(
        job: &'a Job<'a>,
        random: &Random,
        coverage: &'a Coverage,
        cancelled: &'a Atomic<bool>,
    ) -> Self {
        let at = |times| {
            let nth = random.below(job.size as u32);
            let index = job.start.saturating_add(nth.into());
            random.once_in(times).then_some(index)
        };
        Self {
            coverage,
            job,
            is_nested: random.once_in(4),
            fails_at: at(4),
            is_exact: random.once_in(2),
            cancels_at: at(8),
            stops_at: at(8),
            polls: random.once_in(2),
            cancelled,
            unaligned: Atomic::new(0),
            short: Atomic::new(0),
        }
    }

    /// Returns the first rule that the outcome breaks, beside those of every job.
    pub(super) fn broken_rule(&self, outcome: &JobOutcome) -> Option<Rule> {
        let deadline_ns = self.job.deadline_ns;
        let has_reason = match outcome.end {
            JobEnd::Done => true,
            JobEnd::Failed => self.fails_at.is_some(),
            JobEnd::Cancelled => self.cancelled.load(Relaxed) || self.stops_at.is_some(),
            JobEnd::Deadline => deadline_ns > 0 && outcome.returned_ns >= deadline_ns,
            JobEnd::Unsound => false,
        };
        let is_named = outcome.fault.is_none_or(|fault| {
            let index = self.fails_at.unwrap_or(0);
            let named = match self.is_exact {
                true => fault.index == index,
                false => fault.index <= index,
            };
            named && (fault.chunk_start..fault.chunk_end).contains(&index)
        });
        match () {
            () if !has_reason => Some(Rule::End),
            () if !is_named => Some(Rule::Fault),
            () if self.unaligned.load(Relaxed) > 0 => Some(Rule::Call),
            () if self.short.load(Relaxed) > self.inner_ends() => Some(Rule::Call),
            () => None,
        }
    }

    /// Checks a call against `align` and `min_chunk`.
    fn check_call(&self, part: &Range<u64>) {
        let Job { start, align, .. } = *self.job;
        let end = start.saturating_add(self.job.size);
        if part.end != end && part.end.checked_rem(align).unwrap_or(0) != 0 {
            self.unaligned.add(1, Relaxed);
        }
        // The parts of a job in a job may be the first and the last one of that.
        let is_outer = self.is_nested || part.start == start || part.end == end;
        if !is_outer && part.end.saturating_sub(part.start) < self.job.min_chunk {
            self.short.add(1, Relaxed);
        }
    }

    /// Returns how many ends of nodes' parts are within the range.
    fn inner_ends(&self) -> u64 {
        match self.job.nodes {
            Nodes::Simulated(nodes) => u64::from(nodes).saturating_sub(1).saturating_mul(2),
            Nodes::OfTheMachine => u64::MAX,
        }
    }
}

impl Work for Marks<'_> {
    fn part(&self, part: Range<u64>, stop: &Stop<'_>) -> Result<(), Fail> {
        self.check_call(&part);
        let has = |at: Option<u64>| at.filter(|at| part.contains(at));
        if has(self.cancels_at).is_some() {
            self.cancelled.store(true, Relaxed);
        }
        if self.polls && stop.now() {
            return Err(Fail::stopped(part.start));
        }
        let (done_to, result) = match (has(self.fails_at), has(self.stops_at)) {
            (Some(at), _) if self.is_exact => (at, Err(Fail::at(at, EIO))),
            (Some(_), _) => (part.start, Err(EIO.into())),
            (None, Some(at)) => (at, Err(Fail::stopped(at))),
            (None, None) => (part.end, Ok(())),
        };
        self.coverage.mark(part.start..done_to);
        result
    }

    fn undo(&self, done: Range<u64>) {
        self.coverage.unmark(done);
    }
}
