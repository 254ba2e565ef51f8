// SPDX-License-Identifier: GPL-2.0

//! Schedules at random: what `make explore` relies on. It runs them itself, on every subject.

use abi::lock_load::Lock;
use simulate::explore::{Schedule, Subject, MOST_VCPUS};

#[test]
fn mistakes_of_all_kinds_are_planted() {
    let planted = Subject::all().filter(|subject| subject.is_busted());
    let names: Vec<String> = planted.map(|subject| subject.to_string()).collect();
    for name in [
        "lock/busted",
        "lock/mcs/busted",
        "lock/busted_readers",
        "lock/overtake",
        "lock/bypass",
        "counter/busted",
        "ids/busted",
    ] {
        assert!(names.iter().any(|one| one == name), "{name}: {names:?}");
    }
    let chunks = names.iter().filter(|name| name.starts_with("chunks/"));
    assert_eq!(
        chunks.count(),
        2,
        "one repeats an index, one drops one: {names:?}"
    );
}

#[test]
fn one_schedule_in_eight_has_the_most_vcpus() {
    let of = |seed| Schedule::of(Subject::Lock(Lock::PvQueued), seed);
    let wide = (1..=800)
        .filter(|&seed| of(seed).vcpus == MOST_VCPUS)
        .count();
    assert!((80..=140).contains(&wide), "{wide}");
}

#[test]
fn schedule_is_repeated_by_its_seed() {
    let run = |seed| {
        Schedule::of(Subject::Lock(Lock::PvQueued), seed)
            .run()
            .unwrap()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}
