// SPDX-License-Identifier: GPL-2.0

//! The list of locks under test: name, type and facts, one entry a lock.
//!
//! Everything that enumerates locks is made of this list: the enum [`Lock`] and its
//! [`facts`](Lock::facts) here, the registry of `lock-load.ko`, the host tests in
//! `algo/tests/lock.rs`, the instances that `scripts/hot-check` expects, and, through the enum, the
//! torture options, the guest tests and the tools. An entry reads
//!
//! ```text
//! /// What it is; source            the row of documentation, shown by `lock-load locks`
//! Variant = "name": type [fact, …];
//! ```
//!
//! Types are paths into `algo` (`lock`, `wait`) or `rig`, which the expanding file imports; facts are
//! fields of [`Facts`] that are true.

use crate::Switch;

/// Expands the macro `$then` with the list of locks, in the groups of [`Origin`].
#[macro_export]
macro_rules! locks {
    ($then:ident) => {
        $then! {
            Control {
                /// No lock and no promise: the cost of the load itself
                Empty = "empty": lock::Empty [promises_nothing, shares];
                /// No lock but the promise of one: every run must catch it
                Busted = "busted": lock::Busted [never_excludes, shares];
                /// Excludes writers, lets readers in beside one: every run with readers must catch it
                BustedReaders = "busted_readers": lock::BustedReaders [shares, admits_readers];
                /// mcs/halt whose kick is dropped: every validation must catch it
                McsBusted = "mcs/busted": lock::Mcs<wait::Busted> [fifo, halts, drops_kicks];
            }
            Algo {
                /// Test and set, with pauses that grow to `backoff`; Anderson 1990
                Tas = "tas": lock::Tas [];
                /// Test, then test and set, with pauses that grow to `backoff`; Anderson 1990
                Ttas = "ttas": lock::Ttas [];
                /// First come, first served, all waiters spin on one word; Piggin 2007
                Ticket = "ticket": lock::Ticket [fifo, tickets];
                /// A queue, each waiter spins on a word of its own; Mellor-Crummey and Scott 1991
                McsSpin = "mcs/spin": lock::Mcs<wait::Spin> [fifo];
                /// The same, each waiter halts its vCPU at once
                McsHalt = "mcs/halt": lock::Mcs<wait::Halt> [fifo, halts];
                /// The same, each waiter spins for `threshold` iterations and then halts
                McsSpinThenHalt = "mcs/spin-then-halt": lock::Mcs<wait::SpinThenHalt>
                    [fifo, threshold, halts];
                /// The same, each waiter yields its CPU to the vCPU ahead where KVM offers that
                McsYield = "mcs/yield": lock::Mcs<wait::Yield> [fifo];
                /// A queue, each waiter spins on its predecessor's node; Craig 1993
                ClhSpin = "clh/spin": lock::Clh<wait::Spin> [fifo];
                /// The same, halts at once
                ClhHalt = "clh/halt": lock::Clh<wait::Halt> [fifo, halts];
                /// The same, spins for `threshold` iterations and then halts
                ClhSpinThenHalt = "clh/spin-then-halt": lock::Clh<wait::SpinThenHalt>
                    [fifo, threshold, halts];
                /// A queue whose holder serves its own NUMA node first, `overtakes` times; Dice and Kogan 2019
                CnaSpin = "cna/spin": lock::Cna<wait::Spin> [numa];
                /// The same, spins for `threshold` iterations and then halts
                CnaSpinThenHalt = "cna/spin-then-halt": lock::Cna<wait::SpinThenHalt>
                    [numa, threshold, halts];
                /// A word, and a queue that a waiter sorts by NUMA node, `overtakes` moves a group; Kashyap 2019
                ShflNuma = "shfl/numa": lock::Shfl<lock::SameNode> [numa];
                /// The same, waiters that run before those that are preempted
                ShflRunning = "shfl/running": lock::Shfl<lock::Running> [];
                /// A byte, and a list of waiters halted after `threshold` iterations; Fitzhardinge 2008
                PvByte = "pv_byte": lock::PvByte [threshold, halts];
                /// A ticket lock whose tail has a bit for halted waiters; Fitzhardinge 2011
                PvTicket = "pv_ticket": lock::PvTicket [fifo, tickets, threshold, halts];
                /// A ticket lock whose waiters pass preempted ones; Ouyang and Lange 2013
                PreemptableTicket = "preemptable_ticket": lock::PreemptableTicket
                    [tickets, threshold];
                /// A queue that knows which vCPU runs; a free lock may be taken past it, `overtakes` times
                PvQueued = "pv_queued": lock::PvQueued [threshold, halts];
                /// A stack of arrivals, served a stack at a time from its top; Dice and Kogan 2025
                ReciprocatingSpin = "reciprocating/spin": lock::Reciprocating<wait::Spin> [bypass_once];
                /// The same, spins for `threshold` iterations and then halts
                ReciprocatingSpinThenHalt = "reciprocating/spin-then-halt":
                    lock::Reciprocating<wait::SpinThenHalt> [bypass_once, threshold, halts];
                /// A queue whose waiters watch one word of the thread ahead; Dice and Kogan 2021
                Hemlock = "hemlock": lock::Hemlock [fifo];
                /// Test and set, and a queue whose head claims it after `threshold` iterations; Dice and Kogan 2020
                Fissile = "fissile": lock::Fissile [threshold];
                /// A queue that spins while sections run, halts once one is preempted; Laforet 2025
                FlexGuard = "flexguard": lock::FlexGuard [threshold, halts];
                /// As mcs/yield, but all waiters yield to the vCPU whose turn it is
                Boosted = "boosted": lock::Boosted [fifo];
                /// A queue whose waiters give up after `timeout_us` or in a deadlock; rqspinlock, Dwivedi 2025
                Resilient = "resilient": lock::Resilient [may_fail];
                /// The same, takes a holder that has moved on for one in a deadlock
                ResilientUnconfirmed = "resilient/unconfirmed": lock::Resilient<false> [may_fail];
                /// The holder runs the sections of waiters, which spin; Oyama 1999, TCLocks 2023
                DelegationSpin = "delegation/spin": lock::Delegation<wait::Spin> [delegates];
                /// The same, each waiter spins for `threshold` iterations and then halts
                DelegationSpinThenHalt = "delegation/spin-then-halt":
                    lock::Delegation<wait::SpinThenHalt> [threshold, halts, delegates];
                /// A byte for each vCPU: a reader takes its own, a writer all; Piggin 2009
                BrLock = "brlock": lock::BrLock [shares];
                /// A reader count for each vCPU, and a flag; percpu_rwsem's idea, spinning, without RCU
                PerCpu = "percpu": lock::PerCpu [shares];
                /// Readers and one writer take turns while both wait; Brandenburg and Anderson 2010
                PhaseFair = "phase_fair": lock::PhaseFair [fifo, tickets, shares];
                /// phase_fair, biased to readers that show themselves in a table; Dice and Kogan 2019
                Bravo = "bravo": lock::Bravo<lock::PhaseFair> [fifo, tickets, shares];
            }
            Kernel {
                /// raw_spinlock_t: qspinlock, its paravirt variant, or test and set; see `machine`
                KernelRawSpin = "kernel/raw_spin": rig::RawSpin [];
                /// rwlock_t: qrwlock, whose waiters, readers too, queue on a raw_spinlock_t
                KernelRwLock = "kernel/rwlock": rig::RwLock [shares];
                /// struct mutex: waiters spin on an osq while the holder runs, and else sleep
                KernelMutex = "kernel/mutex": rig::Mutex [sleeps];
                /// struct rw_semaphore: writers spin while the writer runs, and else all sleep
                KernelRwsem = "kernel/rwsem": rig::Rwsem [sleeps, shares];
                /// struct percpu_rw_semaphore: a writer sleeps, and waits for RCU after idle times
                KernelPercpuRwsem = "kernel/percpu_rwsem": rig::PercpuRwsem [sleeps, no_trylock, shares];
                /// struct rt_mutex: a tree of waiters by priority, the first of which boosts the holder; sleeps
                KernelRtMutex = "kernel/rt_mutex": rig::RtMutex [sleeps];
                /// bit_spin_lock(): test and set of a bit, as of locks that have no room for a word
                KernelBitSpin = "kernel/bit_spin": rig::BitSpin [];
                /// rqspinlock_t: spins in a queue, in mode tas by test and set; one that times out is tried again
                KernelRqspinlock = "kernel/rqspinlock": rig::Rqspinlock [no_trylock];
            }
        }
    };
}

/// Tickets that a lock of those that count in tickets gives out before they wrap around.
pub const TICKETS_TO_WRAP: u32 = 100;

/// Group of the list that a lock stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A control, which measures the load alone or is broken on purpose.
    Control,
    /// An algorithm of `algo`.
    Algo,
    /// A lock of the kernel's, reached through `rig`.
    Kernel,
}

/// Promises and needs of a lock. Without any, it excludes, spins, has a trylock and keeps no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Group of the list.
    pub origin: Origin,
    /// It does not even promise to exclude.
    pub promises_nothing: bool,
    /// It promises to exclude and does not: every run must catch it.
    pub never_excludes: bool,
    /// It has a read side.
    pub shares: bool,
    /// It promises to keep readers out beside a writer and does not: every run with readers must catch
    /// it.
    pub admits_readers: bool,
    /// It serves in order of arrival, if all are writers.
    pub fifo: bool,
    /// Between its arrival and its section, each other thread overtakes a waiter at most once.
    pub bypass_once: bool,
    /// It counts in tickets, which wrap around after [`TICKETS_TO_WRAP`].
    pub tickets: bool,
    /// It prefers waiters of one NUMA node.
    pub numa: bool,
    /// Its waiters obey the spin threshold.
    pub threshold: bool,
    /// Its waiters halt their vCPUs.
    pub halts: bool,
    /// Halted waiters are not kicked: every trial must catch it.
    pub drops_kicks: bool,
    /// Its waiters sleep, which takes interrupts and preemption.
    pub sleeps: bool,
    /// An acquisition may fail, and is tried again.
    pub may_fail: bool,
    /// Its trylock never takes it.
    pub no_trylock: bool,
    /// Its sections run on the threads of others, so they cannot be timed.
    pub delegates: bool,
}

/// Order of service that a lock promises, against threads that arrive after a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceOrder {
    /// None: a thread that runs may take the lock.
    Any,
    /// Each other thread overtakes a waiter at most once.
    BypassOnce,
    /// None overtakes it.
    Fifo,
}

impl ServiceOrder {
    /// Whether a release names the next holder, so that no other thread can take the lock.
    pub const fn hands_over(self) -> bool {
        !matches!(self, Self::Any)
    }
}

impl Facts {
    /// Returns the order of service that the lock promises.
    pub const fn order(&self) -> ServiceOrder {
        match (self.fifo, self.bypass_once) {
            (true, _) => ServiceOrder::Fifo,
            (_, true) => ServiceOrder::BypassOnce,
            _ => ServiceOrder::Any,
        }
    }

    /// Whether a run with so many readers must find that it does not exclude.
    pub const fn is_busted(self, readers_pct: u32) -> bool {
        self.never_excludes || (self.admits_readers && readers_pct > 0)
    }

    const fn none(origin: Origin) -> Self {
        Self {
            origin,
            promises_nothing: false,
            never_excludes: false,
            shares: false,
            admits_readers: false,
            fifo: false,
            bypass_once: false,
            tickets: false,
            numa: false,
            threshold: false,
            halts: false,
            drops_kicks: false,
            sleeps: false,
            may_fail: false,
            no_trylock: false,
            delegates: false,
        }
    }
}

/// Declares [`Lock`] and its facts.
macro_rules! declare {
    ($($origin:ident {$(
        $(#[doc = $doc:literal])* $lock:ident = $name:literal: $type:ty [$($fact:ident),*];
    )*})*) => {
        choice! {
            /// The locks under test, as `lock` or `lock/wait`.
            Lock {
                $($($(#[doc = $doc])* $lock = $name,)*)*
            }
        }

        impl Lock {
            /// Returns what the lock promises and needs.
            pub const fn facts(self) -> Facts {
                match self {
                    $($(Self::$lock => Facts {
                        $($fact: true,)*
                        ..Facts::none(Origin::$origin)
                    },)*)*
                }
            }

            /// Returns whether the sections of a run are timed, where nothing else is wanted.
            pub const fn histograms(self) -> Switch {
                match self.facts().delegates {
                    true => Switch::Off,
                    false => Switch::On,
                }
            }
        }
    };
}
locks!(declare);
