// SPDX-License-Identifier: GPL-2.0

//! Lines of the file `report` of `lock-load`, in their order: the module writes, tools parse.

use super::{
    Cause,
    Hypervisor,
    KernelLock,
    Kick,
    KickBy,
    LostTimeSource,
    Mode,
    Victim, //
};
use crate::status::OracleState;

line! {
    /// First line of a report.
    Run = "lock-load" {
        /// [`crate::SCHEMA`].
        schema: u32,
        /// Number of the run since the module was loaded or reset.
        run: u64,
    }
}

line! {
    /// Totals of all threads.
    Sum = "sum" {
        /// Length of the run in nanoseconds: from when all threads were at the lock until the last left.
        elapsed_ns: u64,
        /// Completed critical sections.
        sections: u64,
        /// Least sections of a thread.
        min: u64,
        /// Mean sections of a thread, rounded down.
        mean: u64,
        /// Most sections of a thread.
        max: u64,
        /// Halts of waiters.
        halts: u64,
        /// Kicks of halted waiters.
        kicks: u64,
        /// Whether the lock excluded.
        exclusion: OracleState,
        /// Updates of the protected words that were lost or torn; 0 unless broken.
        lost: u64,
    }
}

line! {
    /// Machine of the run.
    Machine = "machine" {
        /// Hypervisor under the guest.
        hypervisor: Hypervisor,
        /// Implementation of `kernel/raw_spin` on this machine.
        kernel_lock: KernelLock,
        /// Paravirt mode of the guest.
        mode: Mode,
        /// Way in which halted waiters were woken.
        kick: Kick,
        /// Delay loop iterations per microsecond.
        loops_per_us: u64,
        /// Source of lost time.
        #[cfg_attr(feature = "serde", serde(alias = "evidence"))]
        lost_time: LostTimeSource,
    }
}

impl Machine {
    /// Whether it must offer this way to kick: an interrupt always, and in mode pv what the kernel's own lock kicks
    /// by. KVM's hypercall ends no halt under another hypervisor.
    pub fn must_offer(&self, kick: KickBy) -> bool {
        let is_pv = self.mode == Mode::Pv;
        match kick {
            KickBy::Auto | KickBy::Ipi => true,
            KickBy::PvOps => is_pv,
            KickBy::Hypercall => is_pv && self.hypervisor == Hypervisor::Kvm,
        }
    }
}

line! {
    /// Counts of the torture options.
    Torture = "torture" {
        /// Pauses of threads.
        pauses: u64,
        /// Length of the pauses of all threads, in nanoseconds.
        paused_ns: u64,
        /// Times that all threads moved to another vCPU.
        shuffles: u64,
        /// Times that a vCPU went offline; all are online at the end.
        offline: u64,
        /// Times that the kernel refused to take a vCPU offline, or to bring it online.
        refused: u64,
        /// Sections that lasted for `long_hold_ms`.
        long_holds: u64,
        /// Times that a thread became real-time.
        boosts: u64,
    }
}

line! {
    /// Totals of one thread; one line each, in the order of `index`.
    Thread = "thread" {
        /// Number of the thread.
        index: u32,
        /// vCPU that it was bound to.
        vcpu: u32,
        /// Completed critical sections.
        sections: u64,
        /// Halts.
        halts: u64,
        /// Kicks of other threads.
        kicks: u64,
        /// Migrations to another vCPU, as after its own went offline.
        moved: u32,
        /// Time in the run queue of its vCPU, in nanoseconds: threads share one while another is offline.
        queued_ns: u64,
    }
}

line! {
    /// Sections by kind, in a run with readers; the histograms are then `read_wait` and `write_wait`.
    Sharing = "sharing" {
        /// Completed shared sections.
        reads: u64,
        /// Completed exclusive sections.
        writes: u64,
        /// Shared sections that waited.
        read_waits: u64,
        /// Exclusive sections that waited.
        write_waits: u64,
    }
}

line! {
    /// Samples of one thread; one line each, in the order of `index`.
    ThreadWaits = "thread_waits" {
        /// Number of the thread.
        index: u32,
        /// vCPU that it was bound to.
        vcpu: u32,
        /// Contended acquisitions.
        waits: u64,
        /// Those that a thread overtook that came later for certain.
        overtaken: u64,
        /// Longest wait, in nanoseconds.
        longest_wait_ns: u64,
        /// Most sections in a row without one of another thread.
        longest_run: u64,
        /// Lost time, in nanoseconds: its vCPU did not run.
        lost_ns: u64,
    }
}

line! {
    /// Order of service.
    Order = "order" {
        /// Whether it was that of arrival; `untested` without such a promise, without waits, or with a
        /// TSC that the kernel found unstable.
        fifo: OracleState,
        /// Contended acquisitions.
        waits: u64,
        /// Those that a thread overtook that came later for certain.
        overtaken: u64,
        /// Least difference in arrival that counts, in nanoseconds: clocks of two vCPUs may disagree.
        tolerance_ns: u64,
    }
}

line! {
    /// Bounded bypass, of a lock that promises it and is not FIFO.
    Bypass = "bypass" {
        /// Whether each thread overtook a waiter at most once; `untested` as `fifo`.
        once: OracleState,
        /// Waits that one thread overtook twice, having come later both times for certain.
        exceeded: u64,
    }
}

line! {
    /// CPU time of the threads.
    CpuTime = "cpu_time" {
        /// Time of the run, for each thread, without pauses, time in run queues and lost time, in
        /// nanoseconds.
        cpu_ns: u64,
        /// Lost time: vCPUs did not run, in nanoseconds.
        lost_ns: u64,
    }
}

line! {
    /// Waits longer than `long_us`, of one cause; one line for each cause.
    LongWaits = "long_waits" {
        /// Cause.
        #[cfg_attr(feature = "serde", serde(alias = "class"))]
        cause: Cause,
        /// Number of waits.
        count: u64,
        /// Length of all of them, in nanoseconds.
        ns: u64,
    }
}

line! {
    /// A long wait: the first 64 of each thread, in their order; the others are in `long_waits` alone.
    /// Its four parts add up to its length.
    LongWait = "long_wait" {
        /// Number of the thread.
        thread: u32,
        /// vCPU that it was on when the wait ended.
        vcpu: u32,
        /// When the wait began, in nanoseconds since the run began.
        begin_ns: u64,
        /// When it ended.
        end_ns: u64,
        /// Cause: the largest part.
        cause: Cause,
        /// Time for which the vCPU of a holder did not run.
        holder_ns: u64,
        /// Time for which it was the turn of another waiter, whose vCPU did not run.
        predecessor_ns: u64,
        /// Time for which the lock was free for the waiter, but its own vCPU did not run.
        own_ns: u64,
        /// Time for which others were ahead, and running.
        queue_ns: u64,
    }
}

line! {
    /// Injected preemptions: the host was asked to stop a vCPU.
    Injected = "injected" {
        /// Thread whose vCPU it was.
        #[cfg_attr(feature = "serde", serde(alias = "whom"))]
        victim: Victim,
        /// Number of requests.
        #[cfg_attr(feature = "serde", serde(alias = "asked"))]
        requested: u64,
        /// Stops that the requesting thread saw in its own section.
        seen: u64,
    }
}

line! {
    /// A request to the host to stop a vCPU: the first 64, in their order.
    Injection = "injection" {
        /// vCPU to be stopped.
        vcpu: u32,
        /// When it was requested, in nanoseconds since the run began.
        at_ns: u64,
        /// When the thread that requested it left its section.
        left_ns: u64,
    }
}
