// SPDX-License-Identifier: GPL-2.0

//! What is explored: every lock, counter, chunk policy and bottleneck that is simulated, and mistakes planted
//! on purpose, each of which has to be caught.

use std::fmt;

use abi::{
    bottleneck::{Facts, Kind, Variant},
    job_runner::Policy as Chunks,
    lock_load::{Lock, Origin},
    sloppy_counter::Counter,
};

/// One subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A lock: it excludes, wakes its waiters, and serves in order of arrival if it says so.
    Lock(Lock),
    /// A mistake: a lock that serves the first thread that sees it free, and says that it is FIFO.
    Overtake,
    /// A mistake: a lock that serves the first thread that sees it free, and says that its bypass is bounded.
    Bypass,
    /// A counter: its sum is exact, its cheap read within its bound.
    Counter(Counter),
    /// A chunk policy: every index is done once.
    Chunks(Chunks),
    /// A variant of a bottleneck.
    Case(Kind, Variant),
}

impl Subject {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let locks = Lock::ALL.iter().copied().filter(|lock| {
            let facts = lock.facts();
            !facts.promises_nothing
                && (facts.origin != Origin::Kernel || *lock == Lock::KernelRawSpin)
        });
        let counters = Counter::ALL.iter().copied().filter(|counter| {
            let others = [Counter::Empty, Counter::PercpuCounter, Counter::PercpuRef];
            !others.contains(counter)
        });
        let cases = Facts::all().flat_map(|facts| {
            let variants = facts.variants.iter();
            variants.map(move |&variant| (facts.kind, variant))
        });
        let cases = cases.filter(|(kind, variant)| {
            *kind != Kind::PageClear && !matches!(variant, Variant::Mutex | Variant::Rwsem)
        });
        let all = locks.map(Self::Lock).chain([Self::Overtake, Self::Bypass]);
        let all = all.chain(counters.map(Self::Counter));
        let all = all.chain(Chunks::ALL.iter().copied().map(Self::Chunks));
        all.chain(cases.map(|(kind, variant)| Self::Case(kind, variant)))
    }

    /// Whether it is broken on purpose, and has to be caught.
    pub fn is_busted(self) -> bool {
        match self {
            Self::Lock(lock) => {
                let facts = lock.facts();
                facts.never_excludes || facts.admits_readers || facts.drops_kicks
            }
            Self::Overtake | Self::Bypass => true,
            Self::Counter(counter) => counter == Counter::Busted,
            Self::Chunks(policy) => policy.is_busted(),
            Self::Case(_, variant) => variant == Variant::Busted,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock(lock) => write!(f, "lock/{lock}"),
            Self::Overtake => f.write_str("lock/overtake"),
            Self::Bypass => f.write_str("lock/bypass"),
            Self::Counter(counter) => write!(f, "counter/{counter}"),
            Self::Chunks(policy) => write!(f, "chunks/{policy}"),
            Self::Case(kind, variant) => write!(f, "{kind}/{variant}"),
        }
    }
}
