// SPDX-License-Identifier: GPL-2.0

//! The true cause of a wait: what an injected preemption did to a thread, by the role of its victim.
//!
//! A run logs when it requested a stop (`at`) and when the requesting thread left its section (`left`), the host
//! when it read the request and when the vCPU did not run. The read request is the written one, so the host's log is
//! mapped onto the run's clock. What the request took to reach the host makes the mapped stop too early, by less than
//! half of it in any wait that counts.
//!
//! ```text
//!   preempt=holder   section   ├ at ──── stop ──── left ┤     all others wait for the stop: a preempted holder
//!   preempt=waiter   section   ├── at ────── left ┤           the victim could enter from `left` on, and does not run:
//!                    victim        ──────── stop ────────┤    itself; in an ordered lock those behind it, too
//! ```
//!
//! A stop is the cause of a wait if at least half of the stop lies in the wait, and if that is at least half of the
//! wait: then no other cause took as much.

use abi::lock_load::{Acquire, Cause, Config, Injection, LongWait, Victim};
use results::LockLoad;
use vm_record::InjectedPreemption;

/// A stop of a vCPU on the run's clock, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// The thread of the vCPU.
    victim: u32,
    /// Whether it held the lock.
    held: bool,
    /// Whether others wait behind it.
    ordered: bool,
    /// From when on the lock made no progress since the victim did not run, and until when.
    begin_ns: u64,
    end_ns: u64,
    /// Length of the whole stop.
    ns: u64,
}

/// The n-th stop of a run; the reason if its place in the run is not known.
pub fn stop(
    report: &LockLoad,
    n: usize,
    logged: &InjectedPreemption,
) -> Result<Stop, &'static str> {
    let config = &report.config;
    if config.shuffle_ms > 0 || config.onoff_ms > 0 {
        return Err("threads move between vCPUs");
    }
    let request = report.injections.get(n);
    let request = request.ok_or("the run's log does not have the request")?;
    let (began_us, ended_us) = logged.stop_us().ok_or("the host did not stop the vCPU")?;
    let mut threads = report.threads.iter();
    let victim = threads.find(|thread| thread.vcpu as usize == logged.vcpu);
    let victim = victim.ok_or("the stopped vCPU runs no thread")?.index;
    if request.vcpu as usize != logged.vcpu {
        return Err("the logs of host and guest disagree");
    }
    let on_run_clock = |us: u64| request.at_ns + us.saturating_sub(logged.requested_us) * 1000;
    let (began_ns, end_ns) = (on_run_clock(began_us), on_run_clock(ended_us));
    let ordered = config.lock.facts().order().hands_over() && is_queue(config);
    Ok(Stop {
        victim,
        held: is_held(report, request, began_ns, end_ns)?,
        ordered,
        begin_ns: match config.preempt {
            Victim::Holder => began_ns,
            _ => began_ns.max(request.left_ns),
        },
        end_ns,
        ns: end_ns.saturating_sub(began_ns),
    })
}

fn is_queue(config: &Config) -> bool {
    config.acquire == Acquire::Lock && config.nested == 1
}

/// Whether the victim held the lock during the stop.
fn is_held(
    report: &LockLoad,
    request: &Injection,
    began_ns: u64,
    end_ns: u64,
) -> Result<bool, &'static str> {
    let config = &report.config;
    match config.preempt {
        Victim::Holder if request.left_ns < end_ns => {
            Err("the holder left its section before the stop was over")
        }
        Victim::Holder => Ok(true),
        Victim::Waiter if request.left_ns < began_ns => {
            Err("the stop came after the holder had left")
        }
        Victim::Waiter if config.threads > 2 && config.lock.facts().order().hands_over() => {
            Err("more than one thread waited: which was ahead is not known")
        }
        Victim::Waiter => Ok(false),
        Victim::None | Victim::Random => Err("the role of the victim is not known"),
    }
}

impl Stop {
    /// The true cause of `wait`, one of `all` of the run, if it is this stop.
    pub fn cause_of(&self, wait: &LongWait, all: &[LongWait]) -> Option<Cause> {
        if !self.is_most_of(wait) {
            return None;
        }
        match (self.held, wait.thread == self.victim) {
            (true, true) => None,
            (true, false) => Some(Cause::HolderPreempted),
            (false, true) => Some(Cause::WaiterStolen),
            (false, false) => {
                let mut victims = all.iter().filter(|other| other.thread == self.victim);
                let ahead = |victims: &LongWait| {
                    victims.begin_ns < wait.begin_ns && victims.end_ns >= self.end_ns
                };
                (self.ordered && victims.any(ahead)).then_some(Cause::PredecessorPreempted)
            }
        }
    }

    /// Whether the stop lies in `wait` in part.
    pub fn overlaps(&self, wait: &LongWait) -> bool {
        self.overlap_ns(wait) > 0
    }

    fn is_most_of(&self, wait: &LongWait) -> bool {
        let length = wait.end_ns.saturating_sub(wait.begin_ns);
        let overlap = self.overlap_ns(wait);
        2 * overlap >= self.ns && 2 * overlap >= length
    }

    fn overlap_ns(&self, wait: &LongWait) -> u64 {
        let end = self.end_ns.min(wait.end_ns);
        end.saturating_sub(self.begin_ns.max(wait.begin_ns))
    }
}
