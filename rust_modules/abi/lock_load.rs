// SPDX-License-Identifier: GPL-2.0

//! `lock-load`: what to run, and what came of it.

mod lines;
mod locks;

pub use self::lines::{
    Disturbed,
    Granted,
    Machine,
    Order,
    Run,
    Stops,
    Sum,
    Thread,
    Watched,
    Why, //
};
pub use self::locks::{
    Facts,
    Lock,
    Origin,
    TICKETS_TO_WRAP, //
};
pub use crate::Switch;
use crate::{
    trial::Load,
    Allowed, //
};

choice! {
    /// What the kernel's own spinlock is on this machine.
    KernelLock {
        /// The queue lock that halts waiters, `__pv_queued_spin_lock_slowpath`.
        Pv = "pv-qspinlock",
        /// The queue lock that spins, `native_queued_spin_lock_slowpath`.
        Native = "native-qspinlock",
        /// Test and set, `virt_spin_lock`: a guest without paravirt locks.
        TestAndSet = "test-and-set",
        /// It could not be told; one vCPU is not enough to see a waiter.
        Unknown = "unknown",
    }
}

choice! {
    /// How a halted vCPU is woken.
    Kick {
        /// `KVM_HC_KICK_CPU`: KVM, and CPUID offers `PV_UNHALT`.
        Hypercall = "hypercall",
        /// A reschedule interrupt ends `sti; hlt`.
        Ipi = "ipi",
        /// `pv_wait()` and `pv_kick()`, by which the kernel's own queue lock does it.
        PvOps = "pv_ops",
    }
}

choice! {
    /// How a halted vCPU is to be woken.
    KickBy {
        /// By hypercall where KVM offers it, else by interrupt.
        Auto = "auto",
        /// [`Kick::Hypercall`], or not at all.
        Hypercall = "hypercall",
        /// [`Kick::Ipi`].
        Ipi = "ipi",
        /// [`Kick::PvOps`], or not at all.
        PvOps = "pv_ops",
    }
}

choice! {
    /// What the guest's kernel makes of its hypervisor.
    Mode {
        /// Paravirt spinlocks: KVM with `PV_UNHALT`.
        Pv = "pv",
        /// Queue locks that spin: `nopvspin`, or no hypervisor to be seen.
        Native = "native",
        /// Test and set: a hypervisor that has nothing to kick by.
        Tas = "tas",
        /// Queue locks that spin, since the host says that each vCPU has a CPU of its own.
        Dedicated = "dedicated",
        /// One vCPU: nobody to wait for.
        Single = "single",
        /// It could not be told.
        Unknown = "unknown",
    }
}

choice! {
    /// The mode that a run is meant for.
    ModeWanted {
        /// Whichever it is.
        Any = "any",
        /// [`Mode::Pv`], or no run.
        Pv = "pv",
        /// [`Mode::Native`], or no run.
        Native = "native",
        /// [`Mode::Tas`], or no run.
        Tas = "tas",
        /// [`Mode::Dedicated`], or no run.
        Dedicated = "dedicated",
        /// [`Mode::Single`], or no run.
        Single = "single",
    }
}

impl ModeWanted {
    /// Whether a run that wants this may be made in `mode`.
    pub fn admits(self, mode: Mode) -> bool {
        self == Self::Any || self.name() == mode.name()
    }
}

choice! {
    /// How a thread acquires the lock.
    Acquire {
        /// It waits as the lock has it wait.
        Lock = "lock",
        /// It tries until it gets it.
        Try = "try",
    }
}

choice! {
    /// Interrupts from before a thread waits until it has released.
    Irqs {
        /// They come through.
        On = "on",
        /// They wait.
        Off = "off",
    }
}

choice! {
    /// Whose vCPU is stopped on purpose.
    Victim {
        /// Nobody's.
        None = "none",
        /// That of the thread in the critical section.
        Holder = "holder",
        /// That of a thread that waits for the lock.
        Waiter = "waiter",
        /// That of any thread.
        Random = "random",
    }
}

choice! {
    /// What tells that a vCPU did not run.
    Evidence {
        /// The hypervisor's steal clock, exact to the nanosecond; and gaps of 5 ms and more, for a
        /// vCPU that was stopped is not robbed of its time by that account.
        Steal = "steal",
        /// Gaps in the vCPU's own clock readings that no running vCPU has; the guest's own
        /// interrupts are not told apart, so only long gaps count.
        Gaps = "gaps",
    }
}

choice! {
    /// Why a wait was long: what took the largest part of it.
    Class {
        /// The vCPU of whoever held the lock was not running.
        HolderPreempted = "holder_preempted",
        /// It was the turn of another, whose vCPU was not running.
        PredecessorPreempted = "predecessor_preempted",
        /// The lock was to be had, but the waiter's own vCPU was not running.
        WaiterStolen = "waiter_stolen",
        /// Others were ahead, and their vCPUs were running.
        Queueing = "queueing",
    }
}

settings! {
    /// What a run does.
    Config(limits) {
        /// The lock under test.
        lock: Lock = Lock::Ticket, in Allowed::Names(Lock::NAMES);
        /// Threads; thread `i` is bound to the `i`th online vCPU.
        threads: u32 = 2, in Allowed::Range(1, u64::from(limits.vcpus));
        /// Length of the critical section, in nanoseconds of an undisturbed vCPU.
        hold_ns: u32 = 200, in Allowed::Range(0, 1_000_000);
        /// Length of the pause between two sections of a thread, likewise.
        idle_ns: u32 = 200, in Allowed::Range(0, 1_000_000);
        /// Length of the run, in milliseconds.
        run_ms: u32 = 200, in Allowed::Range(1, 600_000);
        /// How a halted vCPU is woken.
        kick: KickBy = KickBy::Auto, in Allowed::Names(KickBy::NAMES);
        /// The paravirt mode without which there is to be no run.
        mode: ModeWanted = ModeWanted::Any, in Allowed::Names(ModeWanted::NAMES);
        /// What the threads do.
        load: Load = Load::Contest, in Allowed::Names(Load::NAMES);
        /// Rounds of a trial, which ends when they are done.
        rounds: u64 = 10_000, in Allowed::Range(1, 100_000_000);
        /// All threads pause for so long, go on for so long, and so on; 0: never.
        stutter_ms: u32 = 0, in Allowed::Range(0, 1000);
        /// Every so often all threads move one vCPU on; 0: never.
        shuffle_ms: u32 = 0, in Allowed::Range(0, 1000);
        /// Every so often a thread's vCPU goes offline, or comes back; 0: never.
        onoff_ms: u32 = 0, in Allowed::Range(0, 10_000);
        /// How long a thread holds the lock now and then; 0: never.
        long_hold_ms: u32 = 0, in Allowed::Range(0, 100);
        /// How often that is.
        long_hold_every_ms: u32 = 100, in Allowed::Range(1, 10_000);
        /// Locks of the kind: a thread takes some of them in their order, and always the last.
        nested: u32 = 1, in Allowed::Range(1, 8);
        /// How a thread acquires the lock.
        acquire: Acquire = Acquire::Lock, in Allowed::Names(Acquire::NAMES);
        /// Interrupts while a thread waits and holds.
        irqs: Irqs = Irqs::On, in Allowed::Names(Irqs::NAMES);
        /// Every so often a thread becomes real-time, for half that time, 10 ms at most; 0: never.
        boost_ms: u32 = 0, in Allowed::Range(0, 1000);
        /// Looks at the lock before a waiter halts, of the locks and waits that do so.
        threshold: u32 = 512, in Allowed::Range(0, 1_000_000), live;
        /// The longest pause between two attempts of `tas` and `ttas`, in rounds of `pause`.
        backoff: u32 = 64, in Allowed::Range(1, 65_536);
        /// How many sections may begin past the first waiter of `pv_queued`.
        overtakes: u32 = 1024, in Allowed::Range(0, 8191);
        /// Whether waits, holds and hand-offs are timed, and long waits explained.
        histograms: Switch = Switch::On, in Allowed::Names(Switch::NAMES);
        /// A wait of so many microseconds is long; a quarter of it is a gap.
        long_us: u32 = 1000, in Allowed::Range(4, 10_000_000);
        /// Whose vCPU the host is asked to stop.
        preempt: Victim = Victim::None, in Allowed::Names(Victim::NAMES);
        /// For how long, in milliseconds.
        preempt_ms: u32 = 20, in Allowed::Range(1, 255);
        /// How often, in milliseconds.
        preempt_every_ms: u32 = 100, in Allowed::Range(1, 60_000);
    }
}
