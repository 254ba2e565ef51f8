// SPDX-License-Identifier: GPL-2.0

//! The largest of several quantities: what its interval says, and what it leaves open.

use statistics::{Estimate, Scale};

fn estimate(boots: [f64; 6]) -> Estimate {
    Estimate::of(Scale::Ratio, &boots.map(|one| vec![one])).unwrap()
}

const SURE: [f64; 6] = [2.4, 2.5, 2.3, 2.4, 2.6, 2.4];
const WIDE: [f64; 6] = [0.1, 30.0, 0.5, 9.0, 0.2, 40.0];
const EVEN: [f64; 6] = [1.0, 1.01, 0.99, 1.0, 1.02, 0.98];

/// A quantity whose estimate is larger, and says nothing, hides neither that another one is surely large, nor that it
/// may itself be larger.
#[test]
fn largest_is_at_least_the_surest_and_at_most_the_widest() {
    let [sure, wide, even] = [SURE, WIDE, EVEN].map(estimate);
    assert!(wide.value() < 2.4 && wide.bounds(0.05).high > 20.0);
    let (which, largest) = Estimate::largest(&[even, wide, sure]).unwrap();
    assert_eq!((which, largest.value()), (2, sure.value()));
    let bounds = largest.bounds(0.05);
    assert!(bounds.low > 2.0 && bounds.low < sure.bounds(0.05).low);
    assert_eq!(bounds.high, wide.bounds(0.05).high);
    assert!(largest.p_above(1.25) < 0.001 && largest.p_below(3.0) > 0.05);
    // Any of the three could have been that large by chance.
    assert_eq!(largest.p_above(2.3), 3.0 * sure.p_above(2.3));
}

/// What all but one are surely below is not what the largest is below.
#[test]
fn one_wide_interval_leaves_a_limit_open() {
    let [wide, even] = [WIDE, EVEN].map(estimate);
    let (_, largest) = Estimate::largest(&[even, even, wide]).unwrap();
    assert!(largest.p_below(1.25) > 0.05, "not shown");
    assert!(largest.p_above(1.25) > 0.05, "neither");
    let (_, largest) = Estimate::largest(&[even, even]).unwrap();
    assert!(largest.p_below(1.25) < 0.001);
    assert_eq!(largest.exact(), None);
}

/// Neither end of a ratio to it follows from the quantity that it surely is at least.
#[test]
fn ratio_to_a_largest_is_open() {
    let [sure, wide] = [SURE, WIDE].map(estimate);
    let (_, largest) = Estimate::largest(&[sure, wide]).unwrap();
    for ratio in [sure.over(&largest), largest.over(&sure), largest.inverted()] {
        assert_eq!((ratio.p_above(1e-9), ratio.p_below(1e9)), (1.0, 1.0));
    }
}

#[test]
fn largest_of_one_is_that_one() {
    let one = estimate(SURE);
    let (_, largest) = Estimate::largest(&[one]).unwrap();
    assert_eq!(largest.bounds(0.05), one.bounds(0.05));
    assert_eq!(largest.p_above(2.3), one.p_above(2.3));
    assert_eq!(Estimate::largest(&[]), None);
}
