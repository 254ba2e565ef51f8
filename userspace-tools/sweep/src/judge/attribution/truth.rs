// SPDX-License-Identifier: GPL-2.0

//! The true cause of a wait: what an injected preemption did to a thread, by the role of its victim.
//!
//! Let a stop end `E` after its request, by the host's log, and be meant to last for `D`.
//!
//! `preempt=holder`: a holder requests its own stop and stays in its section until it has seen it. All others
//! wait for `E` and a little more, caused by a preempted holder.
//!
//! `preempt=waiter`: a holder keeps the lock for `D/8`, requests the stop of a waiter, and keeps it for `D/4`
//! more. The victim waits for `D/8 + E`, most of it stopped. If the lock serves in order, the former holder comes
//! back and waits for `E - D/4` behind the victim: caused by a preempted predecessor.
//!
//! A wait of such a length, and no other of its thread, is that of the stop. On a busy host it may have that length
//! by coincidence. As many waits, about, have a length that no stop explains.

use abi::lock_load::{Acquire, Cause, Config, Victim};
use results::LockLoad;
use vm_record::InjectedPreemption;

use super::given::LongWait;

/// A wait that a stop made long: its thread, its true cause and its length in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    pub thread: u32,
    pub cause: Cause,
    ns: u64,
}

/// The waits that the `stops` of a run made long; the reason if the place of a stop is not known.
pub fn expected(
    report: &LockLoad,
    stops: &[InjectedPreemption],
) -> Result<Vec<Expected>, &'static str> {
    let config = &report.config;
    if stops.is_empty() {
        return Err("no stop in the run");
    }
    if config.shuffle_ms > 0 || config.onoff_ms > 0 {
        return Err("threads move between vCPUs");
    }
    let seen = report.injected.as_ref().map_or(0, |injected| injected.seen);
    if config.preempt == Victim::Holder && seen != stops.len() as u64 {
        return Err("a holder did not see the stop in its section");
    }
    let mut all = Vec::new();
    for stop in stops {
        all.extend(of_stop(report, stop)?);
    }
    Ok(all)
}

fn of_stop(report: &LockLoad, stop: &InjectedPreemption) -> Result<Vec<Expected>, &'static str> {
    let Config {
        preempt,
        lock,
        acquire,
        nested,
        ..
    } = report.config;
    let (began_us, ended_us) = stop.stop_us().ok_or("the host did not stop the vCPU")?;
    let mut threads = report.threads.iter();
    let victim = threads.find(|thread| thread.vcpu as usize == stop.vcpu);
    let victim = victim.ok_or("the stopped vCPU runs no thread")?.index;
    let (meant, us) = (stop.ms * 1000, ended_us - stop.requested_us);
    // The holder keeps the lock for D/4 from its request on. Half of that is left for the request to reach the host.
    let is_late = began_us.saturating_sub(stop.requested_us) > meant / 8;
    let held = match preempt {
        Victim::Holder => true,
        Victim::Waiter if is_late => return Err("a stop came after the holder may have left"),
        Victim::Waiter => false,
        Victim::None | Victim::Random => return Err("the role of the victim is not known"),
    };
    let ordered = lock.facts().fifo && acquire == Acquire::Lock && nested == 1;
    let threads = report.threads.iter().map(|thread| thread.index);
    let delayed = threads.filter_map(|thread| {
        let (cause, us) = match (held, thread == victim) {
            (true, true) => return None,
            (true, false) => (Cause::HolderPreempted, us),
            (false, true) => (Cause::WaiterStolen, us + meant / 8),
            (false, false) if !ordered => return None,
            (false, false) => (Cause::PredecessorPreempted, us.saturating_sub(meant / 4)),
        };
        let ns = us * 1000;
        Some(Expected { thread, cause, ns })
    });
    Ok(delayed.collect())
}

impl Expected {
    /// A wait that is a quarter longer than the stop made it: what matches it does so by coincidence.
    pub fn control(&self) -> Self {
        let ns = self.ns / 4 * 5;
        Self { ns, ..*self }
    }

    /// Whether `wait` is as long: a host that is busy makes it a little longer, a thread that comes late a
    /// little shorter.
    fn is_like(&self, wait: &LongWait) -> bool {
        let (least, most) = (self.ns / 100 * 95, self.ns / 100 * 110);
        wait.is_certain && wait.thread == self.thread && wait.low >= least && wait.high <= most
    }
}

/// The wait of each of `expected`, by its place in `waits`. Nothing if there is none of that length; nothing
/// either if there are more than stops that explain them, or if two causes do.
pub fn matched(expected: &[Expected], waits: &[LongWait]) -> Vec<Option<usize>> {
    let alike = |one: &Expected| -> Vec<usize> {
        let all = waits.iter().enumerate();
        let alike = all.filter(|(_, wait)| one.is_like(wait));
        alike.map(|(at, _)| at).collect()
    };
    let shared = |at: &usize, cause: Cause| {
        let mut others = expected.iter().filter(|other| other.cause != cause);
        others.any(|other| other.is_like(&waits[*at]))
    };
    let mut taken = Vec::new();
    let of_one = |one: &Expected| {
        let mine = alike(one);
        let mut rivals = expected.iter().filter(|other| alike(other) == mine);
        let claims = rivals.by_ref().count();
        let is_clear = claims == mine.len() && !mine.iter().any(|at| shared(at, one.cause));
        let at = mine.into_iter().find(|at| !taken.contains(at));
        let at = at.filter(|_| is_clear)?;
        taken.push(at);
        Some(at)
    };
    expected.iter().map(of_one).collect()
}
