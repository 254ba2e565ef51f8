// SPDX-License-Identifier: GPL-2.0

//! Costs of the primitives that algorithms consist of, as `lock-load` times them: names and report line.

choice! {
    /// What is timed.
    Primitive {
        /// Load of a word whose cache line the vCPU has.
        Hit = "hit",
        /// Read-modify-write of such a word.
        Rmw = "rmw",
        /// Full fence.
        Fence = "fence",
        /// Pause of a spin loop.
        Pause = "pause",
        /// Reading of the time stamp counter.
        Stamp = "stamp",
        /// Directed yield to a vCPU that runs.
        Yield = "yield",
        /// Load of a cache line that another vCPU has written.
        Transfer = "transfer",
        /// Half of the time that a word takes to another vCPU and back.
        PingPong = "ping_pong",
        /// Kick, for the vCPU that sends it.
        Kick = "kick",
        /// From the end of a kick until it interrupts a vCPU that runs.
        KickLatency = "kick_latency",
        /// That interrupt.
        Interrupt = "interrupt",
        /// From the begin of a kick to the first instruction of a vCPU that was halted.
        Wake = "wake",
        /// Halt that a pending kick ends at once.
        Halt = "halt",
    }
}

line! {
    /// Cost of a primitive in `load=primitives`; one line for each that was timed. Quantiles are exact to 1/64.
    PrimitiveCost = "primitive" {
        /// What was timed.
        of: Primitive,
        /// Times, each of one or of many in a row.
        samples: u64,
        /// Least cost, in picoseconds.
        min_ps: u64,
        /// Median, in picoseconds.
        p50_ps: u64,
        /// Exceeded by one in ten.
        p90_ps: u64,
        /// Exceeded by one in a hundred.
        p99_ps: u64,
        /// Exceeded by one in a thousand.
        p999_ps: u64,
        /// Most.
        max_ps: u64,
    }
}
