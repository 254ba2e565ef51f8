// SPDX-License-Identifier: GPL-2.0

//! What the table of cases says holds together.

use abi::{
    bottleneck::{Config, Variant, CASES},
    Limits,
};

#[test]
fn every_case_can_be_chosen_with_the_settings_of_its_check() {
    let limits = Limits {
        vcpus: 2,
        bytes: u64::MAX,
    };
    for about in CASES {
        for variant in about.variants {
            let text = format!("case={} variant={variant} {}", about.case, about.check);
            let mut config = Config::default();
            assert_eq!(config.set(&text, &limits, false), Ok(()), "{text}");
        }
    }
}

#[test]
fn a_case_stands_there_once_and_busted_last() {
    for about in CASES {
        let same = CASES.iter().filter(|other| other.case == about.case);
        assert_eq!(same.count(), 1, "{}", about.case);
        let busted = about.variants.iter().position(|v| *v == Variant::Busted);
        let last = about.variants.len() - 1;
        assert!(busted.is_none_or(|at| at == last), "{}", about.case);
        let locked = about.locked.iter();
        assert!(locked.clone().all(|v| about.variants.contains(v)));
    }
}

#[test]
fn a_finding_reads_as_it_was_written() {
    use abi::bottleneck::Finding;
    let finding = Finding {
        name: "stale",
        seen: 3,
        due: 0,
    };
    let text = finding.to_string();
    assert_eq!(text, "finding name=stale seen=3 due=0");
    assert_eq!(Finding::read(&text), Ok(finding));
    for bad in [
        "finding name= seen=3 due=0",
        "finding name=a b seen=3 due=0",
        "finding name=a seen=3",
        "",
    ] {
        assert!(Finding::read(bad).is_err(), "{bad}");
    }
}
