// SPDX-License-Identifier: GPL-2.0

//! What happened: a log that guests cannot see, and a hash that two equal runs have in common.

use crate::{CpuId, Ns, VcpuId};

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The vCPU got a CPU.
    Runs(VcpuId, CpuId),
    /// It lost its CPU though it could have run on: preemption number so and so of the run.
    Preempted(VcpuId, u64),
    /// It halted.
    Halts(VcpuId),
    /// A kick, a timer or a tick ended its halt.
    Wakes(VcpuId),
    /// The first vCPU kicked the second.
    Kicks(VcpuId, VcpuId),
    /// It came to a mark in its code: the kind, and a number.
    Mark(VcpuId, u32, u64),
}

impl Entry {
    /// Whose entry it is.
    pub fn vcpu(&self) -> VcpuId {
        match *self {
            Self::Runs(vcpu, _)
            | Self::Preempted(vcpu, _)
            | Self::Halts(vcpu)
            | Self::Wakes(vcpu)
            | Self::Kicks(vcpu, _)
            | Self::Mark(vcpu, ..) => vcpu,
        }
    }
}

/// An entry with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When.
    pub at: Ns,
    /// What.
    pub entry: Entry,
}

macro_rules! counts {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {
        /// How often something happened in a run.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counts {
            $($(#[doc = $doc])* pub $name: u64,)*
        }

        impl Counts {
            /// Returns all counts with their names.
            pub fn named(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}
counts! {
    /// Events of the simulator.
    events;
    /// Words that guests executed one by one.
    words;
    /// Looks of spin loops that cost no event.
    elided_looks;
    /// Cache lines that moved between CPUs.
    transfers;
    /// Halts that took the vCPU off its CPU.
    halts;
    /// Kicks that vCPUs sent.
    kicks;
    /// Preemptions of vCPUs.
    preemptions;
    /// Pause-loop exits.
    pause_loop_exits;
    /// Directed yields that found a vCPU to run.
    directed_yields;
}

/// The log and the hash of a run.
#[derive(Default)]
pub(crate) struct Truth {
    log: Option<Vec<Logged>>,
    hash: u64,
    pub(crate) counts: Counts,
}

impl Truth {
    pub(crate) fn new(keep_log: bool) -> Self {
        Self {
            log: keep_log.then(Vec::new),
            ..Self::default()
        }
    }

    pub(crate) fn record(&mut self, at: Ns, entry: Entry) {
        let (kind, a, b): (u64, VcpuId, u64) = match entry {
            Entry::Runs(vcpu, cpu) => (1, vcpu, u64::from(cpu.0)),
            Entry::Preempted(vcpu, number) => (2, vcpu, number),
            Entry::Halts(vcpu) => (3, vcpu, 0),
            Entry::Wakes(vcpu) => (4, vcpu, 0),
            Entry::Kicks(from, to) => (5, from, u64::from(to.0)),
            // Not of the machine.
            Entry::Mark(..) => return self.note(at, entry),
        };
        self.mix((kind << 32) | u64::from(a.0), b, at);
        self.note(at, entry);
    }

    /// Writes an entry into the log alone.
    pub(crate) fn note(&mut self, at: Ns, entry: Entry) {
        if let Some(log) = &mut self.log {
            log.push(Logged { at, entry });
        }
    }

    /// A word on a line, executed at `at`.
    #[inline]
    pub(crate) fn word(&mut self, kind: u64, line: u32, at: Ns) {
        self.counts.words += 1;
        self.mix(kind, line.into(), at);
    }

    #[inline]
    fn mix(&mut self, a: u64, b: u64, at: Ns) {
        let word = a ^ b.rotate_left(16) ^ at.rotate_left(40);
        let mixed = (self.hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.hash = mixed ^ (mixed >> 29);
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn take_log(&mut self) -> Vec<Logged> {
        self.log.take().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_depends_on_what_when_and_in_which_order() {
        let hash = |entries: &[(Ns, Entry)]| {
            let mut truth = Truth::new(false);
            entries
                .iter()
                .for_each(|&(at, entry)| truth.record(at, entry));
            truth.hash()
        };
        let (a, b) = (Entry::Halts(VcpuId(1)), Entry::Wakes(VcpuId(1)));
        assert_eq!(hash(&[(1, a), (2, b)]), hash(&[(1, a), (2, b)]));
        for other in [[(1, b), (2, a)], [(1, a), (3, b)], [(2, a), (1, b)]] {
            assert_ne!(hash(&[(1, a), (2, b)]), hash(&other));
        }
    }

    #[test]
    fn log_is_kept_on_demand() {
        let mut truth = Truth::new(true);
        let entry = Entry::Kicks(VcpuId(0), VcpuId(1));
        truth.record(5, entry);
        assert_eq!(truth.take_log(), [Logged { at: 5, entry }]);
    }
}
