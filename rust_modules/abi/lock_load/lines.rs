// SPDX-License-Identifier: GPL-2.0

//! The lines of a report of `lock-load`.

use super::{
    Class,
    Evidence,
    KernelLock,
    Kick,
    Mode,
    Victim, //
};
use crate::status::OracleState;

line! {
    /// The first line of a report.
    Run = "lock-load" {
        /// [`crate::SCHEMA`].
        schema: u32,
        /// The run's number since the module was loaded or reset.
        run: u64,
    }
}

line! {
    /// What the threads came to together.
    Sum = "sum" {
        /// From when all threads stood at the lock until the last one left, in nanoseconds.
        elapsed_ns: u64,
        /// Completed critical sections.
        sections: u64,
        /// The least that a thread completed.
        min: u64,
        /// The mean over threads, rounded down.
        mean: u64,
        /// The most that a thread completed.
        max: u64,
        /// Halts of waiters.
        halts: u64,
        /// Kicks given to halted waiters.
        kicks: u64,
        /// Whether the lock excluded.
        exclusion: OracleState,
        /// Updates of the protected words that were lost or torn; 0 unless broken.
        lost: u64,
    }
}

line! {
    /// What the run ran on.
    Machine = "machine" {
        /// What `kernel/raw_spin` is here.
        kernel_lock: KernelLock,
        /// The paravirt mode of the guest.
        mode: Mode,
        /// How halted waiters were woken.
        kick: Kick,
        /// Loop iterations per microsecond, from which section lengths are made.
        loops_per_us: u64,
        /// What tells that a vCPU did not run.
        evidence: Evidence,
    }
}

line! {
    /// What disturbed the run, as far as it is no setting alone.
    Disturbed = "disturbed" {
        /// Pauses of threads.
        pauses: u64,
        /// How long they were, all threads together.
        paused_ns: u64,
        /// How often all threads were sent on to other vCPUs.
        shuffles: u64,
        /// vCPUs that were taken offline; all of them are back.
        offline: u64,
        /// How often the kernel refused to take a vCPU offline, or to bring it back.
        refused: u64,
        /// Sections that lasted for `long_hold_ms`.
        long_holds: u64,
        /// How often a thread became real-time.
        boosts: u64,
    }
}

line! {
    /// What one thread did; one line each, in the order of `index`.
    Thread = "thread" {
        /// The thread.
        index: u32,
        /// The vCPU it was bound to.
        vcpu: u32,
        /// Critical sections it completed.
        sections: u64,
        /// How often it halted.
        halts: u64,
        /// How often it kicked another.
        kicks: u64,
        /// How often it found itself on another vCPU than before (its own went offline).
        moved: u32,
        /// For how long it was ready to run while its vCPU ran something else, in nanoseconds: it shares
        /// one, as long as its own is offline.
        queued_ns: u64,
    }
}

line! {
    /// What the instruments saw of one thread; one line each, in the order of `index`.
    Watched = "watched" {
        /// The thread.
        index: u32,
        /// The vCPU it was bound to.
        vcpu: u32,
        /// Sections for which it had to wait.
        waits: u64,
        /// Of those, the ones that somebody got ahead of who came later for certain.
        overtaken: u64,
        /// The longest wait, in nanoseconds.
        longest_wait_ns: u64,
        /// The most sections that it completed in a row while nobody else did one.
        longest_run: u64,
        /// For how long its vCPU was seen not to run, in nanoseconds.
        lost_ns: u64,
    }
}

line! {
    /// Whether the lock served in order of arrival.
    Order = "order" {
        /// The verdict; `untested` if the lock does not promise it, or nobody waited.
        fifo: OracleState,
        /// Sections for which somebody had to wait.
        waits: u64,
        /// Of those, the ones that somebody got ahead of who came later for certain.
        overtaken: u64,
        /// By how much later is later, in nanoseconds: the clocks of two vCPUs may disagree.
        tolerance_ns: u64,
    }
}

line! {
    /// The CPU time that the threads were given.
    Granted = "granted" {
        /// The run's time, for each thread, less its pauses, what its vCPU ran something else
        /// while it was ready, and what its vCPU was seen not to run, in nanoseconds.
        cpu_ns: u64,
        /// What that was.
        lost_ns: u64,
    }
}

line! {
    /// Long waits of one class; one line for each.
    Why = "why" {
        /// The class.
        class: Class,
        /// How many.
        count: u64,
        /// How long they were together, in nanoseconds.
        ns: u64,
    }
}

line! {
    /// How often the host was asked to stop a vCPU.
    Stops = "stops" {
        /// Whose.
        whom: Victim,
        /// How often it was asked.
        asked: u64,
        /// How often the one who asked saw that it had been stopped itself.
        seen: u64,
    }
}
