// SPDX-License-Identifier: GPL-2.0

//! Schedules at random.

use simulate::explore::{explored, Schedule};

#[test]
fn no_sound_lock_has_a_mistake_on_a_hundred_seeds() {
    for (lock, _) in explored().filter(|(_, is_busted)| !is_busted) {
        for seed in 1..=100 {
            let schedule = Schedule::of(lock, seed);
            let found = schedule.run().unwrap();
            assert!(!found.is_mistake(), "{schedule}: {found:?}");
            assert!(found.sections > 0, "{schedule}: nothing was tested");
        }
    }
}

#[test]
fn every_busted_lock_is_caught_on_nearly_every_seed() {
    for (lock, _) in explored().filter(|(_, is_busted)| *is_busted) {
        let caught = (1..=100).filter(|&seed| Schedule::of(lock, seed).run().unwrap().is_mistake());
        let caught = caught.count();
        assert!(caught >= 90, "{}: {caught} of 100", lock.name());
    }
}

#[test]
fn schedule_is_repeated_by_its_seed() {
    let (lock, _) = explored().last().unwrap();
    let run = |seed| Schedule::of(lock, seed).run().unwrap();
    assert_eq!(run(7), run(7));
}
