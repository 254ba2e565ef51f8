// SPDX-License-Identifier: GPL-2.0

//! Properties of the parsers of experiments and rules: none panics, an error names the value, and a plan is
//! never larger than its bound.

use cpu_list::CpuList;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::plan::{experiment::Experiment, rule::Rule, runs::Plan, setting::Setting};

const EXPERIMENT: &str = include_str!("../../../../scripts/experiments/small.toml");

/// Words that stand in experiments, and others.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "0",
        "-1",
        "1e9",
        "nan",
        "[]",
        "[1, 1]",
        "''",
        "'tas'",
        "'a b'",
        "['x']",
        "{}",
        "99999999999999999999",
        "4294967295",
        "true",
        "fixed",
        "axes",
        "guest",
        "[[part]]",
        "\n",
    ];
    prop_oneof![
        proptest::sample::select(known.to_vec()).prop_map(String::from),
        "[ -~]{0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_experiment_is_refused_or_planned(changes in vec((any::<Index>(), word()), 0..4)) {
        let mut words: Vec<String> = EXPERIMENT.split_inclusive([' ', '\n']).map(String::from).collect();
        for (at, word) in changes {
            let at = at.index(words.len());
            let end: String = words[at].chars().last().into_iter().collect();
            words[at] = word + &end;
        }
        match Experiment::parse(&words.concat()) {
            Err(error) => prop_assert!(!error.is_empty()),
            Ok(experiment) => {
                if let Ok(plan) = Plan::new(&experiment, &CpuList::first(2), 1) {
                    prop_assert!(plan.runs().count() <= 100_000);
                    let json = serde_json::to_string(&plan).unwrap();
                    prop_assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
                }
            }
        }
    }

    #[test]
    fn rule_is_read_again_from_its_text_or_refused_by_it(
        text in "[a-z(]{0,4}[a-z/]{1,5}[)]? ?(<=|>=|<|==|=|) ?-?[0-9.]{0,3}(e99|nan)? ?[*]? ?[a-z]{0,3}( at [a-z]{1,3}[ =][a-z0-9]{0,3})?|\\PC{0,12}",
    ) {
        match Rule::try_from(text.clone()) {
            Ok(rule) => {
                prop_assert!(rule.bound().is_finite() && rule.left.factor > 0.0);
                let again = Rule::try_from(rule.text.clone()).unwrap();
                prop_assert_eq!((again.left, again.right, again.at), (rule.left, rule.right, rule.at));
            }
            Err(error) => prop_assert!(error.contains(&text), "{}", error),
        }
    }

    #[test]
    fn setting_is_read_back(text in "[0-9]{0,22}|[+-]?[0-9]{1,3}|\\PC{0,6}") {
        let setting = Setting::parse(&text);
        prop_assert_eq!(Setting::parse(&setting.to_string()), setting);
    }
}
