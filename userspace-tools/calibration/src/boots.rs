// SPDX-License-Identifier: GPL-2.0

//! Costs over boots: each quantile is the median of those of the boots.

use abi::primitive::{Primitive, PrimitiveCost};

/// Returns the cost of each primitive that was timed in all boots.
pub fn over_boots(boots: &[Vec<PrimitiveCost>]) -> Vec<PrimitiveCost> {
    let all = Primitive::ALL.iter();
    all.filter_map(|&of| {
        let each: Vec<&PrimitiveCost> = in_each(boots, of).collect();
        (!each.is_empty() && each.len() == boots.len()).then(|| combined(&each))
    })
    .collect()
}

/// The least and the most median of a primitive, in picoseconds; none if it was not timed.
pub fn spread(boots: &[Vec<PrimitiveCost>], of: Primitive) -> Option<(u64, u64)> {
    let medians = || in_each(boots, of).map(|cost| cost.p50_ps);
    Some((medians().min()?, medians().max()?))
}

fn in_each(boots: &[Vec<PrimitiveCost>], of: Primitive) -> impl Iterator<Item = &PrimitiveCost> {
    boots
        .iter()
        .filter_map(move |boot| boot.iter().find(|cost| cost.of == of))
}

fn combined(boots: &[&PrimitiveCost]) -> PrimitiveCost {
    let median = |of: fn(&PrimitiveCost) -> u64| {
        let mut all: Vec<u64> = boots.iter().map(|cost| of(cost)).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    PrimitiveCost {
        of: boots[0].of,
        samples: boots.iter().map(|cost| cost.samples).sum(),
        min_ps: median(|cost| cost.min_ps),
        p50_ps: median(|cost| cost.p50_ps),
        p90_ps: median(|cost| cost.p90_ps),
        p99_ps: median(|cost| cost.p99_ps),
        p999_ps: median(|cost| cost.p999_ps),
        max_ps: median(|cost| cost.max_ps),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(of: Primitive, p50_ps: u64) -> PrimitiveCost {
        PrimitiveCost {
            of,
            samples: 10,
            min_ps: p50_ps / 2,
            p50_ps,
            p90_ps: p50_ps * 2,
            p99_ps: p50_ps * 3,
            p999_ps: p50_ps * 4,
            max_ps: p50_ps * 100,
        }
    }

    #[test]
    fn boot_that_was_disturbed_decides_nothing() {
        let boots: Vec<Vec<_>> = [100, 5_000, 110]
            .map(|ps| vec![cost(Primitive::Kick, ps)])
            .into();
        let [all] = over_boots(&boots)[..] else {
            panic!("one primitive");
        };
        assert_eq!((all.p50_ps, all.max_ps, all.samples), (110, 11_000, 30));
        assert_eq!(spread(&boots, Primitive::Kick), Some((100, 5_000)));
    }

    #[test]
    fn primitive_that_a_boot_lacks_has_no_cost() {
        let boots = vec![vec![cost(Primitive::Kick, 1)], Vec::new()];
        assert!(over_boots(&boots).is_empty() && over_boots(&[]).is_empty());
        assert_eq!(spread(&boots, Primitive::Halt), None);
    }
}
