// SPDX-License-Identifier: GPL-2.0

//! The file `status`, alike in all modules: a [`Status`] line, then `error=` and a reason.

choice! {
    /// What a module is doing.
    State {
        /// Nothing; `start` begins a run.
        Idle = "idle",
        /// A run is under way.
        Running = "running",
        /// A run was told to stop and its threads have not all left.
        Stopping = "stopping",
    }
}

choice! {
    /// Whether an oracle held in a run.
    OracleState {
        /// What was promised was seen to hold.
        Held = "held",
        /// It was seen not to hold.
        Broken = "broken",
        /// Nothing was promised, or one thread alone cannot break it.
        Untested = "untested",
    }
}

line! {
    /// The first line of `status`.
    Status = "status" {
        /// What the module is doing.
        state: State,
        /// Runs started since the module was loaded or reset.
        runs: u64,
        /// Time since the current run started, in nanoseconds; of the last one when idle.
        elapsed_ns: u64,
    }
}

/// What the second line of `status` begins with; the reason of the last refused write follows.
pub const ERROR: &str = "error=";
