// SPDX-License-Identifier: GPL-2.0

//! `lock-load`: settings, report lines and the list of locks.

mod lines;
mod locks;

pub use self::lines::{
    Bypass,
    CpuTime,
    Injected,
    Injection,
    LongWait,
    LongWaits,
    Machine,
    Order,
    Run,
    Sharing,
    Sum,
    Thread,
    ThreadWaits,
    Torture, //
};
pub use self::locks::{
    Facts,
    Lock,
    Origin,
    ServiceOrder,
    TICKETS_TO_WRAP, //
};
pub use crate::Switch;
use crate::{
    trial::Load,
    Allowed, //
};

choice! {
    /// Implementation of the kernel's own spinlock.
    KernelLock {
        /// Queue lock that halts waiters, `__pv_queued_spin_lock_slowpath`.
        Pv = "pv-qspinlock",
        /// Queue lock that spins, `native_queued_spin_lock_slowpath`.
        Native = "native-qspinlock",
        /// Test and set, `virt_spin_lock`: a guest without paravirt locks.
        TestAndSet = "test-and-set",
        /// Not determined: with one vCPU there is no waiter to observe.
        Unknown = "unknown",
    }
}

choice! {
    /// Way in which a halted vCPU is woken.
    Kick {
        /// `KVM_HC_KICK_CPU`: KVM, and CPUID offers `PV_UNHALT`.
        Hypercall = "hypercall",
        /// A reschedule interrupt ends `sti; hlt`.
        Ipi = "ipi",
        /// `pv_wait()` and `pv_kick()`, as in the kernel's own queue lock.
        PvOps = "pv_ops",
    }
}

choice! {
    /// Way in which a halted vCPU is to be woken.
    KickBy {
        /// Hypercall where KVM offers it, else as the kernel's own lock where that is paravirt, else interrupt.
        Auto = "auto",
        /// [`Kick::Hypercall`], or no run.
        Hypercall = "hypercall",
        /// [`Kick::Ipi`].
        Ipi = "ipi",
        /// [`Kick::PvOps`], or no run.
        PvOps = "pv_ops",
    }
}

choice! {
    /// Hypervisor under the guest's kernel, as the kernel detected it.
    Hypervisor {
        /// None: CPUID does not have the hypervisor bit.
        None = "none",
        /// KVM.
        Kvm = "kvm",
        /// Xen, the kernel being a paravirtualised guest.
        XenPv = "xen_pv",
        /// Xen, or KVM's emulation of it, the guest being an HVM or PVH one.
        XenHvm = "xen_hvm",
        /// Hyper-V.
        HyperV = "hyper_v",
        /// Another one, a translator included.
        Other = "other",
        /// Not recorded: schema 5 and before.
        Unknown = "unknown",
    }
}

choice! {
    /// Paravirt mode of the guest's kernel.
    Mode {
        /// Paravirt spinlocks: KVM with `PV_UNHALT`, or Xen.
        Pv = "pv",
        /// Queue locks that spin: `nopvspin`, or no hypervisor detected.
        Native = "native",
        /// Test and set: a hypervisor without kicks.
        Tas = "tas",
        /// Queue locks that spin: the host announces a dedicated CPU for each vCPU.
        Dedicated = "dedicated",
        /// One vCPU: no waiters.
        Single = "single",
        /// Not determined.
        Unknown = "unknown",
    }
}

choice! {
    /// Paravirt mode that a run requires.
    ModeWanted {
        /// Any mode.
        Any = "any",
        /// [`Mode::Pv`].
        Pv = "pv",
        /// [`Mode::Native`].
        Native = "native",
        /// [`Mode::Tas`].
        Tas = "tas",
        /// [`Mode::Dedicated`].
        Dedicated = "dedicated",
        /// [`Mode::Single`].
        Single = "single",
    }
}

impl ModeWanted {
    /// Whether a run that requires this is admitted in `mode`.
    pub fn admits(self, mode: Mode) -> bool {
        self == Self::Any || self.name() == mode.name()
    }
}

choice! {
    /// Way in which a thread acquires the lock.
    Acquire {
        /// It waits.
        Lock = "lock",
        /// It repeats a trylock until that succeeds.
        Try = "try",
    }
}

choice! {
    /// Interrupts from before a thread waits until it has released the lock.
    Irqs {
        /// Enabled.
        On = "on",
        /// Disabled.
        Off = "off",
    }
}

choice! {
    /// Thread whose vCPU the host is asked to stop.
    Victim {
        /// None.
        None = "none",
        /// The thread in the critical section.
        Holder = "holder",
        /// A thread that waits for the lock.
        Waiter = "waiter",
        /// Any thread.
        Random = "random",
    }
}

choice! {
    /// Source of lost time, for which a vCPU did not run.
    LostTimeSource {
        /// The hypervisor's steal clock; and gaps of 5 ms and more, since a vCPU thread that the host
        /// stopped has no steal time.
        Steal = "steal",
        /// Gaps between clock readings longer than a running vCPU needs. Interrupts of the guest
        /// cause gaps as well, so only long ones count.
        Gaps = "gaps",
    }
}

choice! {
    /// Cause of a long wait: what took the largest part of it.
    Cause {
        /// The vCPU of the holder did not run.
        HolderPreempted = "holder_preempted",
        /// It was the turn of another waiter, whose vCPU did not run.
        PredecessorPreempted = "predecessor_preempted",
        /// The lock was free for the waiter, but its own vCPU did not run.
        WaiterStolen = "waiter_stolen",
        /// Other threads were ahead, and their vCPUs ran.
        Queueing = "queueing",
    }
}

/// Default spin threshold; see [`Config::threshold`].
pub const SPIN_THRESHOLD: u32 = 512;
/// Default of [`Config::backoff`].
pub const BACKOFF: u32 = 64;
/// Default of [`Config::overtakes`].
pub const OVERTAKES: u32 = 1024;
/// Default of [`Config::timeout_us`]: the kernel's.
pub const TIMEOUT_US: u32 = 250_000;
/// The longest injected preemption: a byte of milliseconds is written to the host's port.
pub const MAX_PREEMPT_MS: u32 = u8::MAX as u32;
/// The longest time between the beginnings of two.
pub const MAX_PREEMPT_EVERY_MS: u32 = 60_000;

settings! {
    /// Settings of a run.
    Config(limits) {
        /// Lock under test.
        lock: Lock = Lock::Ticket, in Allowed::Names(Lock::NAMES);
        /// Threads; thread `i` is bound to the `i`th online vCPU.
        threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Length of the critical section, in nanoseconds of a running vCPU.
        hold_ns: u32 = 200, in Allowed::Range(0, 1_000_000);
        /// Length of the pause between two sections of a thread, in nanoseconds of a running vCPU.
        idle_ns: u32 = 200, in Allowed::Range(0, 1_000_000);
        /// Part of the sections that are shared, in percent, of locks that have a read side.
        readers_pct: u32 = 0, in Allowed::Range(0, 100);
        /// Length of the run, in milliseconds.
        run_ms: u32 = 200, in Allowed::Range(1, 600_000);
        /// Way in which a halted vCPU is woken.
        kick: KickBy = KickBy::Auto, in Allowed::Names(KickBy::NAMES);
        /// Paravirt mode that the run requires.
        mode: ModeWanted = ModeWanted::Any, in Allowed::Names(ModeWanted::NAMES);
        /// Work of the threads: contention for the lock, a trial, or the steps of one thread.
        load: Load = Load::Contest, in Allowed::Names(Load::NAMES);
        /// Rounds of a trial or of `steps`, which ends when they are completed.
        rounds: u64 = 10_000, in Allowed::Range(1, 100_000_000);
        /// Length of a pause of all threads, and of the time until the next; 0: never.
        stutter_ms: u32 = 0, in Allowed::Range(0, 1000);
        /// Period after which all threads move one vCPU on; 0: never.
        shuffle_ms: u32 = 0, in Allowed::Range(0, 1000);
        /// Period after which a thread's vCPU goes offline, or comes back; 0: never.
        onoff_ms: u32 = 0, in Allowed::Range(0, 10_000);
        /// Length of a long hold of the lock; 0: never.
        long_hold_ms: u32 = 0, in Allowed::Range(0, 100);
        /// Period of long holds.
        long_hold_every_ms: u32 = 100, in Allowed::Range(1, 10_000);
        /// Nested locks: a thread takes some of them in their order, and always the last.
        nested: u32 = 1, in Allowed::Range(1, 8);
        /// Way in which a thread acquires the lock.
        acquire: Acquire = Acquire::Lock, in Allowed::Names(Acquire::NAMES);
        /// Interrupts while a thread waits and holds the lock.
        irqs: Irqs = Irqs::On, in Allowed::Names(Irqs::NAMES);
        /// Period after which a thread is real-time for half of it, 10 ms at most; 0: never.
        boost_ms: u32 = 0, in Allowed::Range(0, 1000);
        /// Spin threshold: iterations before a waiter halts, of locks that have one.
        threshold: u32 = SPIN_THRESHOLD, in Allowed::Range(0, 1_000_000), live;
        /// Longest pause between two attempts of `tas` and `ttas`, in iterations of `pause`.
        backoff: u32 = BACKOFF, in Allowed::Range(1, 65_536);
        /// Acquisitions that may overtake a waiter, of `pv_queued`, `cna` and `shfl`.
        overtakes: u32 = OVERTAKES, in Allowed::Range(0, 8191);
        /// Time after which an acquisition of `resilient` fails, in microseconds.
        timeout_us: u32 = TIMEOUT_US, in Allowed::Range(1, 10_000_000);
        /// Whether waits, holds and hand-offs are timed, and long waits attributed.
        histograms: Switch = Switch::On, in Allowed::Names(Switch::NAMES);
        /// Length of a long wait, in microseconds; a gap of a quarter of it is lost time.
        long_us: u32 = 1000, in Allowed::Range(4, 10_000_000);
        /// Thread whose vCPU the host is asked to stop.
        preempt: Victim = Victim::None, in Allowed::Names(Victim::NAMES);
        /// Length of an injected preemption, in milliseconds.
        preempt_ms: u32 = 20, in Allowed::Range(1, u64::from(MAX_PREEMPT_MS));
        /// Period of injected preemptions, in milliseconds.
        preempt_every_ms: u32 = 100, in Allowed::Range(1, u64::from(MAX_PREEMPT_EVERY_MS));
    }
}
