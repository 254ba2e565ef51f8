// SPDX-License-Identifier: GPL-2.0

//! The module's attribution of long waits against the truth, wait by wait, and against the counterfactual.

use std::collections::BTreeMap;

use abi::lock_load::{Cause, Config, LongWait};
use machine::{Entry, Logged, Ns, Plan, Policy, Spared, VcpuId};

use crate::{
    contest::run,
    failed::Failed,
    marks,
    truth::{long_waits, Preemption, Wait},
};

/// Two times of one step differ by no more: the sampler reads its clock a little later.
const TOLERANCE_NS: Ns = 20_000;

/// Long waits by true cause and cause said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// Number of waits for each pair of causes.
    pub waits: BTreeMap<(&'static str, &'static str), u64>,
    /// Waits that are long in truth, and not among those logged.
    pub unsaid: u64,
}

impl Matrix {
    /// Adds the waits of a run: the true ones, and those that its report has. `began` is when the run did.
    pub fn add(&mut self, truth: &[Wait], said: &[LongWait], began: Ns) {
        for wait in truth {
            match self::said(wait, said, began) {
                Some(cause) => {
                    let pair = (wait.cause().name(), cause.name());
                    *self.waits.entry(pair).or_default() += 1;
                }
                None => self.unsaid += 1,
            }
        }
    }

    /// Returns the number of waits, and of those whose cause is right.
    pub fn right(&self) -> (u64, u64) {
        let all = self.waits.values().sum();
        let right = self.waits.iter().filter(|((truth, said), _)| truth == said);
        (all, right.map(|(_, count)| count).sum())
    }
}

/// Returns the cause of `wait` in a report, if that has logged it; `began` is when the run did.
pub fn said(wait: &Wait, logged: &[LongWait], began: Ns) -> Option<Cause> {
    let mut of_thread = logged.iter().filter(|said| said.thread == wait.thread);
    let same = of_thread.find(|said| (began + said.end_ns).abs_diff(wait.entered) < TOLERANCE_NS);
    same.map(|said| said.cause)
}

/// When the run of a log began: at the end of its first section.
pub fn began(log: &[Logged]) -> Ns {
    let mut leaves = log
        .iter()
        .filter(|logged| matches!(logged.entry, Entry::Mark(_, marks::LEAVES, _)));
    leaves.next().map_or(0, |logged| logged.at)
}

/// Returns how many of `waits` preemptions made long, and how many of these would have been shorter if those of
/// the cause had cost nothing: by half of its part at least. Waits that did not begin at the same time are left
/// out.
///
/// # Errors
///
/// If the run cannot be simulated.
pub fn counterfactual(
    config: &Config,
    plan: &Plan,
    policy: impl Fn() -> Box<dyn Policy>,
    waits: &[Wait],
) -> Result<(u64, u64), Failed> {
    let (mut all, mut agree) = (0, 0);
    for wait in waits {
        if let Some(ns) = without_cause(config, plan, policy(), wait)? {
            all += 1;
            agree += u64::from(ns + wait.largest() / 2 <= wait.ns());
        }
    }
    Ok((all, agree))
}

/// Returns how long `wait` would have been if the preemptions of its cause had cost nothing; `None` if no
/// preemption is its cause. `plan` and `policy` are those of the
/// run.
///
/// One preemption alone need not shorten a wait: where the next thread in the queue was away, too, that would
/// have been the cause.
///
/// # Errors
///
/// If the run cannot be simulated.
pub fn without_cause(
    config: &Config,
    plan: &Plan,
    policy: Box<dyn Policy>,
    wait: &Wait,
) -> Result<Option<Ns>, Failed> {
    if wait.by.is_empty() {
        return Ok(None);
    }
    // All is as it was until the wait began. One that is preempted at another time after that would be away in
    // its turn all the same.
    let mut vcpus: Vec<VcpuId> = wait.by.iter().map(|by| by.vcpu).collect();
    vcpus.sort_unstable();
    vcpus.dedup();
    let spared = vcpus.into_iter().map(|vcpu| Spared {
        vcpu,
        from: wait.came,
        until: wait.entered,
    });
    counterfactual_ns(config, plan, policy, wait, spared.collect())
}

/// Returns how long `wait` would have been if these preemptions, and no others, had cost nothing: from when the
/// wait began, if they were before it. `None` if it is not in that run.
///
/// # Errors
///
/// If the run cannot be simulated.
pub fn without(
    config: &Config,
    plan: &Plan,
    policy: Box<dyn Policy>,
    wait: &Wait,
    preemptions: &[Preemption],
) -> Result<Option<Ns>, Failed> {
    let spared = preemptions.iter().map(|preemption| {
        let from = preemption.at.max(wait.came);
        Spared {
            vcpu: preemption.vcpu,
            from,
            until: from + 1,
        }
    });
    counterfactual_ns(config, plan, policy, wait, spared.collect())
}

/// Returns the length of `wait` in a run with these spared; `None` if it is not in it.
fn counterfactual_ns(
    config: &Config,
    plan: &Plan,
    policy: Box<dyn Policy>,
    wait: &Wait,
    spared: Vec<Spared>,
) -> Result<Option<Ns>, Failed> {
    let plan = Plan {
        spared,
        keeps_log: true,
        // What comes after it does not matter.
        end: wait.entered + wait.ns(),
        ..plan.clone()
    };
    let other = run(config, plan, policy)?;
    let fifo = config.lock.facts().order().hands_over();
    let others = long_waits(&other.machine.log, config.threads, 0, fifo);
    let mut same = others
        .iter()
        .filter(|other| (other.thread, other.came) == (wait.thread, wait.came));
    Ok(same.next().map(Wait::ns))
}
