// SPDX-License-Identifier: GPL-2.0

//! The files of `scripts/costs`.

use std::{collections::BTreeMap, fs};

use machine::Costs;

fn files() -> BTreeMap<String, Costs> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/costs");
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let costs = entries.map(|entry| {
        let name = entry.file_name().into_string().unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        let costs = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, costs)
    });
    costs.collect()
}

#[test]
fn each_file_has_costs_of_a_machine() {
    for (name, costs) in files() {
        assert_eq!(costs.error(), None, "{name}");
        let sane = (1..1000).contains(&costs.hit) && costs.near >= costs.hit;
        assert!(sane && costs.pause > 0 && costs.wake.median() > 0, "{name}");
    }
}

#[test]
fn example_is_the_documented_default() {
    assert_eq!(files()["kvm-example.toml"], Costs::default());
}
