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

mod boots;

use abi::{
    lock_load::Kick,
    primitive::{Primitive, PrimitiveCost},
};
use machine::{Cost, Costs, Ns, Quantiles};

pub use boots::{over_boots, spread};

/// Costs that two vCPUs on CPUs of one socket do not show: each is as far from `near` as in the defaults.
pub const SCALED: [&str; 4] = ["sibling", "far", "memory", "occupancy"];
/// Costs that need more vCPUs than CPUs: the defaults.
pub const DEFAULTS: [&str; 1] = ["switch"];

/// Each cost that is measured, and the primitive of which it is made.
pub const MEASURED: [(&str, Primitive); 12] = [
    ("hit", Primitive::Hit),
    ("rmw", Primitive::Rmw),
    ("fence", Primitive::Fence),
    ("near", Primitive::Transfer),
    ("pause", Primitive::Pause),
    ("stamp", Primitive::Stamp),
    ("exit", Primitive::Yield),
    ("halt", Primitive::Halt),
    ("kick", Primitive::Kick),
    ("kick_latency", Primitive::KickLatency),
    ("wake", Primitive::Wake),
    ("interrupt", Primitive::Interrupt),
];

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

/// What takes longer than the shortest slice of Linux contains the run of another thread of the host, which is
/// no cost: the simulated host's scheduler adds its own.
const SHORTEST_SLICE: Ns = 700_000;

/// The quantiles of a cost, each without `without` nanoseconds.
fn quantiles(cost: &PrimitiveCost, without: Ns) -> Cost {
    let ns = |ps: u64| ns(ps).min(SHORTEST_SLICE).saturating_sub(without);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine on which each primitive takes a different time, in nanoseconds.
    fn timed() -> Vec<PrimitiveCost> {
        let all = (1..).zip(Primitive::ALL);
        all.map(|(n, &of)| {
            let ps = n * 10_000;
            PrimitiveCost {
                of,
                samples: 100,
                min_ps: ps,
                p50_ps: ps,
                p90_ps: ps,
                p99_ps: ps,
                p999_ps: ps,
                max_ps: ps,
            }
        })
        .collect()
    }

    #[test]
    fn cost_that_is_timed_with_others_is_without_them() {
        let of = costs(&timed(), Kick::Hypercall).unwrap();
        assert_eq!((of.hit, of.rmw, of.near), (10, 10, 70));
        // 120 with the kick, 90, and its latency, 100.
        assert_eq!(of.wake, Cost::Exact(0));
        assert_eq!(of.halt, Cost::Exact(130));
        assert_eq!(of.far, 70 * 120 / 50);
        assert_eq!(of.error(), None);
    }

    #[test]
    fn halt_that_an_interrupt_ends_is_without_it() {
        let of = costs(&timed(), Kick::Ipi).unwrap();
        assert_eq!(of.halt, Cost::Exact(130 - 110));
    }

    #[test]
    fn slice_of_another_thread_of_the_host_is_no_cost() {
        let mut timed = timed();
        let kick = timed.iter_mut().find(|cost| cost.of == Primitive::Kick);
        kick.unwrap().max_ps = 4_000_000_000;
        let Cost::Quantiles(of) = costs(&timed, Kick::Ipi).unwrap().kick else {
            panic!("one cost");
        };
        assert_eq!((of.p999, of.max), (90, SHORTEST_SLICE));
    }

    #[test]
    fn machine_on_which_nothing_was_timed_has_no_costs() {
        assert_eq!(costs(&[], Kick::Ipi), Err(Primitive::ALL.to_vec()));
    }

    #[test]
    fn each_cost_is_measured_scaled_or_a_default() {
        let known = MEASURED.map(|(name, _)| name).into_iter();
        let known = known.chain(SCALED).chain(DEFAULTS).count();
        // A new cost does not compile here until it is added to one of the lists.
        let Costs {
            hit: _,
            rmw: _,
            fence: _,
            sibling: _,
            near: _,
            far: _,
            memory: _,
            occupancy: _,
            pause: _,
            stamp: _,
            exit: _,
            halt: _,
            kick: _,
            kick_latency: _,
            wake: _,
            switch: _,
            interrupt: _,
        } = Costs::default();
        assert_eq!(known, 17);
    }
}
