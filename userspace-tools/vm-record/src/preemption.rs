// SPDX-License-Identifier: GPL-2.0

//! Injected preemptions as the host made them: a log in the order of the guest's requests, and counts.
//!
//! The guest writes one request after the other, so the n-th entry of the log is of the n-th request. That
//! order identifies a preemption on both sides; their clocks are never compared.

use serde::{Deserialize, Serialize};

/// One request of the guest, and what became of it. Times are of the host's clock, in microseconds since it
/// began to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct InjectedPreemption {
    /// The vCPU that was named.
    pub vcpu: usize,
    /// The length that was asked for, in milliseconds.
    pub ms: u64,
    /// When the request was read: at that time or before, the guest wrote it.
    pub requested_us: u64,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: PreemptionOutcome,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum PreemptionOutcome {
    /// The vCPU's thread did not run from `began_us` until `ended_us`, if not for longer.
    Served {
        /// The thread was stopped by then.
        began_us: u64,
        /// The thread was resumed after that.
        ended_us: u64,
    },
    /// The thread was stopped, and not yet resumed when the log was read.
    Stopped {
        /// The thread was stopped by then.
        began_us: u64,
    },
    /// There is no such vCPU, or the length is out of range.
    Malformed,
    /// The vCPU was stopped already, or too many were stopped within a second.
    Refused,
    /// The system call failed.
    Failed,
}

impl InjectedPreemption {
    /// When the vCPU did not run: its first and last microsecond, if it was stopped and resumed.
    pub fn stop_us(&self) -> Option<(u64, u64)> {
        match self.outcome {
            PreemptionOutcome::Served { began_us, ended_us } => Some((began_us, ended_us)),
            _ => None,
        }
    }
}

/// Counts of injected preemptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Preemptions {
    /// Requests read.
    pub requested: u64,
    /// Preemptions made and ended.
    pub served: u64,
    /// Requests with no such vCPU, or a time out of range.
    pub malformed: u64,
    /// Requests for a vCPU that was stopped already, or too many within a second.
    pub refused: u64,
    /// Requests that the system call failed for.
    pub failed: u64,
    /// How long vCPUs were stopped, in total.
    pub stopped_us: u64,
}

impl Preemptions {
    /// The counts of a log.
    pub fn of(log: &[InjectedPreemption]) -> Self {
        let mut counts = Self::default();
        for one in log {
            counts.requested += 1;
            match one.outcome {
                PreemptionOutcome::Served { began_us, ended_us } => {
                    counts.served += 1;
                    counts.stopped_us += ended_us.saturating_sub(began_us);
                }
                PreemptionOutcome::Stopped { .. } => {}
                PreemptionOutcome::Malformed => counts.malformed += 1,
                PreemptionOutcome::Refused => counts.refused += 1,
                PreemptionOutcome::Failed => counts.failed += 1,
            }
        }
        counts
    }
}
