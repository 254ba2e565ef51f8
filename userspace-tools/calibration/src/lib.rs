// SPDX-License-Identifier: GPL-2.0

//! Costs of a simulated machine from the primitives that were timed on another one.
//!
//! What is below the clock's resolution has one cost, its median; what exits has quantiles. A time that
//! contains others is their sum, so the others' medians are subtracted:
//!
//! ```text
//!   rmw of a line   = hit + rmw
//!   kick to wake-up = kick + kick_latency + wake
//! ```
//!
//! Where a kick is an interrupt, it is handled within the halt that it ends: `halt` is without it.

#![forbid(unsafe_code)]

use abi::{
    lock_load::Kick,
    primitive::{Primitive, PrimitiveCost},
};
use machine::{Cost, Costs, Ns, Quantiles};

/// Costs that two vCPUs on CPUs of one socket do not show: each is as far from `near` as in the defaults.
pub const SCALED: [&str; 4] = ["sibling", "far", "memory", "occupancy"];
/// Costs that need more vCPUs than CPUs: the defaults.
pub const DEFAULTS: [&str; 1] = ["switch"];

/// Returns the costs of the machine on which these primitives were timed, with kicks of this kind.
///
/// # Errors
///
/// The primitives that were not timed.
pub fn costs(timed: &[PrimitiveCost], kick: Kick) -> Result<Costs, Vec<Primitive>> {
    let find = |of: Primitive| timed.iter().find(|cost| cost.of == of);
    let missing = Primitive::ALL.iter().copied();
    let missing: Vec<_> = missing.filter(|&of| find(of).is_none()).collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let median = |of| find(of).map_or(0, |cost| ns(cost.p50_ps));
    let cost = |of, without| {
        let cost = find(of).map(|cost| quantiles(cost, without));
        cost.unwrap_or(Cost::Exact(0))
    };
    let interrupt = match kick {
        Kick::Ipi => median(Primitive::Interrupt),
        _ => 0,
    };
    let sent = median(Primitive::Kick) + median(Primitive::KickLatency);
    // Something takes time, or a loop of it would take none.
    let hit = median(Primitive::Hit).max(1);
    let near = median(Primitive::Transfer).max(hit);
    let default = Costs::default();
    let scaled = |of: Ns| (near * of).div_ceil(default.near);
    Ok(Costs {
        hit,
        rmw: median(Primitive::Rmw).saturating_sub(hit),
        fence: median(Primitive::Fence),
        sibling: scaled(default.sibling),
        near,
        far: scaled(default.far),
        memory: scaled(default.memory),
        occupancy: scaled(default.occupancy),
        pause: median(Primitive::Pause).max(1),
        stamp: median(Primitive::Stamp).max(1),
        exit: cost(Primitive::Yield, 0),
        halt: cost(Primitive::Halt, interrupt),
        kick: cost(Primitive::Kick, 0),
        kick_latency: cost(Primitive::KickLatency, 0),
        wake: cost(Primitive::Wake, sent),
        switch: default.switch,
        interrupt: cost(Primitive::Interrupt, 0),
    })
}

fn ns(ps: u64) -> Ns {
    (ps + 500) / 1000
}

/// The quantiles of a cost, each without `without` nanoseconds.
fn quantiles(cost: &PrimitiveCost, without: Ns) -> Cost {
    let ns = |ps: u64| ns(ps).saturating_sub(without);
    let of = Quantiles {
        min: ns(cost.min_ps),
        p50: ns(cost.p50_ps),
        p90: ns(cost.p90_ps),
        p99: ns(cost.p99_ps),
        p999: ns(cost.p999_ps),
        max: ns(cost.max_ps),
    };
    match of.min == of.max {
        true => Cost::Exact(of.min),
        false => Cost::Quantiles(of),
    }
}
