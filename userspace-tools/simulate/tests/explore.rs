// SPDX-License-Identifier: GPL-2.0

//! Schedules at random.

use abi::lock_load::Lock;
use simulate::explore::{Schedule, Subject, MOST_VCPUS};

fn subjects(is_busted: bool) -> impl Iterator<Item = Subject> {
    Subject::all().filter(move |subject| subject.is_busted() == is_busted)
}

#[test]
fn no_sound_subject_breaks_a_promise() {
    for subject in subjects(false) {
        // `make explore` has more.
        for seed in 1..=20 {
            let schedule = Schedule::of(subject, seed);
            let found = schedule.run().unwrap();
            assert_eq!(found.broken, None, "{schedule}");
            assert!(found.work > 0, "{schedule}: nothing was tested");
        }
    }
}

#[test]
fn every_planted_mistake_is_caught_on_a_hundred_seeds() {
    for subject in subjects(true) {
        let caught = |&seed: &u64| Schedule::of(subject, seed).run().unwrap().broken.is_some();
        let caught = (1..=1000).filter(caught).take(100).count();
        assert_eq!(caught, 100, "{subject}");
    }
}

#[test]
fn mistakes_of_all_kinds_are_planted() {
    let names: Vec<String> = subjects(true).map(|subject| subject.to_string()).collect();
    for name in [
        "lock/busted",
        "lock/mcs/busted",
        "lock/overtake",
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
