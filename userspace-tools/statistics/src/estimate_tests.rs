// SPDX-License-Identifier: GPL-2.0

//! Estimates: intervals, ratios and events.

use super::*;

fn boots(values: &[f64]) -> Vec<Vec<f64>> {
    values.iter().map(|v| vec![*v]).collect()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-3, "{a} is not {b}");
}

/// Student 1908, table "Additional hours' sleep gained by the use of hyoscyamine hydrobromide":
/// 1.9 0.8 1.1 0.1 -0.1 4.4 5.5 1.6 4.6 3.4, mean 2.33, of ten patients s = 2.002.
#[test]
fn interval_is_that_of_students_data() {
    let sleep = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    let it = Estimate::of(Scale::Linear, &boots(&sleep)).unwrap();
    let bounds = it.bounds(0.05);
    close(it.value(), 2.33);
    close(it.between.unwrap(), 2.002);
    close(bounds.low, 2.33 - 2.2622 * 0.6332);
    close(bounds.high, 2.33 + 2.2622 * 0.6332);
    close(it.p_above(0.0), 0.00254);
    close(it.p_below(0.0), 0.99746);
}

#[test]
fn repeats_within_a_boot_are_one_value() {
    let one = Estimate::of(Scale::Ratio, &[vec![1.9, 2.0, 2.1]]).unwrap();
    assert_eq!((one.boots, one.p_above(1.0)), (1, 1.0));
    let bounds = one.bounds(0.05);
    assert_eq!((bounds.low, bounds.high), (0.0, f64::INFINITY));
    let many = vec![vec![2.0; 50], vec![2.1; 50], vec![1.9; 50]];
    let few = vec![vec![2.0], vec![2.1], vec![1.9]];
    let [many, few] = [many, few].map(|all| Estimate::of(Scale::Ratio, &all).unwrap());
    assert_eq!(many.bounds(0.05), few.bounds(0.05));
}

#[test]
fn what_was_not_measured_has_no_estimate() {
    let none: [Vec<f64>; 0] = [];
    assert_eq!(Estimate::of(Scale::Linear, &none), None);
    assert_eq!(Estimate::of(Scale::Linear, &[vec![1.0], vec![]]), None);
    assert_eq!(Estimate::of(Scale::Ratio, &[vec![0.0], vec![1.0]]), None);
    assert_eq!(Estimate::of(Scale::Linear, &[vec![f64::NAN]]), None);
}

#[test]
fn quantity_without_scatter_is_exact() {
    let it = Estimate::of(Scale::Linear, &boots(&[3.0, 3.0, 3.0])).unwrap();
    assert_eq!((it.p_above(3.0), it.p_above(2.9)), (0.0, 0.0));
    assert_eq!((it.p_above(3.1), it.p_below(3.1)), (1.0, 0.0));
    let bounds = it.bounds(0.05);
    assert_eq!((bounds.low, bounds.high), (3.0, 3.0));
}

/// Six boots of 20 s without an event are no proof of a rate of 0: below 90 in an hour (95 %, one side).
#[test]
fn nothing_in_all_boots_has_an_interval() {
    let none = [Occurrences {
        count: 0,
        time: 20.0 / 3600.0,
    }; 6];
    let it = Estimate::of_events(&none).unwrap();
    let bounds = it.bounds(0.1);
    assert_eq!((it.value(), bounds.low, it.exact()), (0.0, 0.0, None));
    close(bounds.high, 89.872);
    assert_eq!(it.p_above(0.0), 1.0);
    close(it.p_below(89.872), 0.05);
    assert!(it.p_below(50.0) > 0.05);
    assert_eq!(it.boots_needed(45.0, 0.1), Some(12));
    assert_eq!(it.boots_needed(0.0, 0.1), None);
}

#[test]
fn events_that_differ_between_boots_have_the_wider_interval() {
    let of = |counts: [u64; 6]| {
        let boots = counts.map(|count| Occurrences { count, time: 1.0 });
        Estimate::of_events(&boots).unwrap()
    };
    // Poisson's of 600 is 552.9 to 650.0; boots that are far apart have Student's.
    let bounds = of([100, 100, 100, 100, 100, 100]).bounds(0.05);
    close(bounds.low, 92.1575);
    close(bounds.high, 108.3315);
    let apart = [0, 0, 300, 0, 300, 0];
    let (wide, student) = (of(apart), boots(&apart.map(|count| count as f64)));
    let student = Estimate::of(Scale::Linear, &student).unwrap();
    assert_eq!(wide.bounds(0.05).high, student.bounds(0.05).high);
    assert!(student.bounds(0.05).low < 0.0 && wide.bounds(0.05).low == 0.0);
    assert_eq!(wide.p_above(50.0), student.p_above(50.0));
}

/// Welch's example as R 4.3 computes it: t.test(c(1, 2, 3, 4, 5), c(4, 6, 8, 10, 12)) has
/// t = -3.1305, df = 5.8824, interval -8.9270 to -1.0730.
#[test]
fn two_groups_of_boots_have_welchs_interval() {
    let of = |values: &[f64]| Estimate::of(Scale::Linear, &boots(values)).unwrap();
    let apart = of(&[1.0, 2.0, 3.0, 4.0, 5.0]).over(&of(&[4.0, 6.0, 8.0, 10.0, 12.0]));
    close(apart.freedom, 5.8824);
    close(apart.value(), -5.0);
    close(apart.error.unwrap(), 1.5811);
    let half = apart.spread().half(0.05);
    close(apart.value() - half, -5.0 - 2.4589 * 1.5811);
}

#[test]
fn more_scatter_needs_more_boots() {
    let of = |sd: f64| {
        let values: Vec<f64> = [-1.0, 0.5, 1.0, -0.5, 0.2, -0.2]
            .map(|d| 1.1 + d * sd)
            .into();
        Estimate::of(Scale::Ratio, &boots(&values)).unwrap()
    };
    let [calm, wild] = [0.02, 0.2].map(|sd| of(sd).boots_needed(1.05, 0.05));
    assert!(calm < Some(10) && wild > Some(50), "{calm:?} {wild:?}");
    assert_eq!(of(0.2).boots_needed(of(0.2).value(), 0.05), None);
}
