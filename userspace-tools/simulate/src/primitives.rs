// SPDX-License-Identifier: GPL-2.0

//! `load=primitives` on a simulated machine: a leader and a follower, as in `lock_load`.
//!
//! What they find are the costs that the machine was given, which shows that a guest's are found, too.

use std::{cell::Cell, convert::Infallible, rc::Rc};

use abi::lock_load::Config;
use algo::{
    histogram::BUCKETS,
    primitive::{Atomic, Vcpu},
    primitive_cost::{Followed, Follower, Leader, Line, Pace, PrimitiveCosts, KINDS, LINES},
};
use machine::{words, Costs, GuestId, Machine, Ns, Plan, Policy};
use measure::{PrimitiveTimes, TscScale};

use crate::{
    failed::Failed, outcome::Outcome, report::Report, sampling::STAMP_KHZ,
    thread_counts::ThreadCounts,
};

/// What the threads share.
struct Shared {
    costs: PrimitiveCosts<Vec<Line>>,
    times: PrimitiveTimes<Vec<Atomic<u64>>>,
    pace: Pace,
    config: Config,
    passes: Cell<u64>,
    /// Threads that have left, and when the last did.
    left: Cell<usize>,
    left_at: Cell<Ns>,
}

/// Times the primitives of a machine of `plan`.
pub(crate) fn run(config: &Config, plan: Plan, policy: Box<dyn Policy>) -> Result<Outcome, Failed> {
    if config.threads != 2 {
        let text = "`load=primitives`: one thread leads, one follows; allowed: threads=2";
        return Err(Failed::Refused(text.into()));
    }
    let Some(scale) = TscScale::of_khz(STAMP_KHZ) else {
        unreachable!("a stamp is a nanosecond")
    };
    let zeros = || Ok::<_, Infallible>((0..BUCKETS).map(|_| Atomic::new(0)).collect());
    let Ok(times) = PrimitiveTimes::new(scale, zeros);
    let shared = Rc::new(Shared {
        costs: PrimitiveCosts::new((0..LINES).map(|_| Line::new()).collect()),
        times,
        pace: pace(&plan.costs),
        config: *config,
        passes: Cell::new(0),
        left: Cell::new(0),
        left_at: Cell::new(0),
    });
    let sticky_kicks = plan.sticky_kicks;
    let mut machine = Machine::new(plan, policy);
    for code in [Shared::lead, Shared::follow] {
        let shared = shared.clone();
        let code = move || {
            code(&shared);
            shared.left.set(shared.left.get() + 1);
            shared
                .left_at
                .set(shared.left_at.get().max(words::exact_time()));
        };
        machine
            .add(GuestId(0), None, code)
            .map_err(Failed::Memory)?;
    }
    let machine = machine.run();
    let (passes, stuck) = (shared.passes.get(), 2 - shared.left.get());
    let mut details = String::new();
    let written = shared.times.write(&mut details);
    let thread = |sections| ThreadCounts {
        sections,
        left: true,
        events: Vec::new(),
    };
    let report = Report {
        config,
        elapsed_ns: shared.left_at.get(),
        threads: &[thread(passes), thread(0)],
        lost_updates: 0,
        sticky_kicks,
        transfers: None,
        details: &details,
        instrumentation: None,
        sharing: None,
    };
    Ok(Outcome {
        report: match (stuck, written) {
            (0, Ok(())) => Ok(report.to_string()),
            (stuck, _) => Err(Failed::Stuck(stuck)),
        },
        stuck,
        sections: passes,
        lost_updates: 0,
        machine,
    })
}

/// As in a guest, but no longer than this machine needs.
fn pace(costs: &Costs) -> Pace {
    let most = |costs: &[&machine::Cost]| costs.iter().map(|cost| 2 * cost.quantile(999)).sum();
    Pace {
        settle: most(&[&costs.halt, &costs.kick_latency, &costs.interrupt]),
        window: most(&[&costs.kick_latency, &costs.interrupt]),
    }
}

impl Shared {
    fn lead(&self) {
        let emit = |of, ticks, per| self.times.record(of, ticks, per);
        let mut leader = Leader::new(&self.costs, self.pace);
        let end = words::clock() + Ns::from(self.config.run_ms) * 1_000_000;
        while self.passes.get() < self.config.rounds && words::clock() < end {
            leader.time_alone(&emit);
            let mut rounds = 0;
            while rounds < KINDS {
                rounds += u32::from(leader.lead(|| false, &emit));
            }
            self.passes.set(self.passes.get() + 1);
        }
        leader.end();
    }

    fn follow(&self) {
        let follower = Follower::new(&self.costs, self.pace, Vcpu::halt_while);
        while follower.follow(|| false) != Followed::Over {}
    }
}
