// SPDX-License-Identifier: GPL-2.0

//! File `status` of all modules: a [`Status`] line, then `error=` and a reason, then lines on the machine.

choice! {
    /// State of a module.
    State {
        /// No run; `start` begins one.
        Idle = "idle",
        /// A run is under way.
        Running = "running",
        /// A run is stopped, and some of its threads have not left yet.
        Stopping = "stopping",
    }
}

choice! {
    /// Result of the oracle of a run.
    OracleState {
        /// All that was promised held.
        Held = "held",
        /// Something that was promised did not hold.
        Broken = "broken",
        /// There was no promise, or one thread alone cannot break it.
        Untested = "untested",
    }
}

line! {
    /// The first line of `status`.
    Status = "status" {
        /// State of the module.
        state: State,
        /// Runs started since the module was loaded or reset.
        runs: u64,
        /// Time since the current run started, in nanoseconds; of the last one when idle.
        elapsed_ns: u64,
    }
}

/// What the second line of `status` begins with; the reason of the last refused write follows. The lines after it, if
/// the module has any, are on the machine.
pub const ERROR: &str = "error=";
