// SPDX-License-Identifier: GPL-2.0

//! Consistency of the list of bottlenecks.

use abi::{
    bottleneck::{Config, Facts, Variant},
    Limits,
};

#[test]
fn config_accepts_the_check_settings_of_every_variant() {
    let limits = Limits {
        vcpus: 2,
        bytes: u64::MAX,
    };
    for facts in Facts::all() {
        for variant in facts.variants {
            let text = format!("case={} variant={variant} {}", facts.kind, facts.check);
            let mut config = Config::default();
            assert_eq!(config.set(&text, &limits, false), Ok(()), "{text}");
        }
    }
}

#[test]
fn busted_is_last_and_locked_variants_are_variants() {
    for facts in Facts::all() {
        let busted = facts.variants.iter().position(|v| *v == Variant::Busted);
        let last = facts.variants.len() - 1;
        assert!(busted.is_none_or(|at| at == last), "{}", facts.kind);
        let mut locked = facts.locked.iter();
        assert!(locked.all(|v| facts.variants.contains(v)));
    }
}

#[test]
fn a_finding_survives_a_round_trip() {
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
