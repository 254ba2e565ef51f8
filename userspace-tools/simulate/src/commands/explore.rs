// SPDX-License-Identifier: GPL-2.0

//! `simulate explore`: every subject under many schedules, on all CPUs of this host.

use std::{
    ops::Range,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Mutex,
    },
    thread,
    time::Instant,
};

use anyhow::anyhow;
use exit_code::Exit;
use simulate::explore::{Schedule, Subject, MOST_VCPUS};

/// How often a subject that is broken on purpose has to be caught, and the most schedules for that; of the number
/// of schedules that a sound one has.
const CAUGHT: u64 = 2;
const MOST_SCHEDULES: u64 = 4;
/// Broken promises of one subject that are shown.
const MOST_SHOWN: u64 = 5;

/// What was found of one subject.
struct Explored {
    subject: Subject,
    schedules: u64,
    /// How often it has to be caught, if it is broken on purpose.
    needed: u64,
    /// Schedules in which a promise was broken.
    broken: u64,
    /// Schedules in which no unit of work was done, which say nothing.
    idle: u64,
    /// Schedules on the most vCPUs.
    wide: u64,
}

/// Explores the schedules of `seeds` with each subject, or with those of these names.
pub fn explore(seeds: Range<u64>, names: &[String], jobs: usize) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let subjects = subjects(names)?;
    let all = in_parallel(&subjects, &seeds, jobs)?;
    let passed = all.iter().filter(|one| one.passes()).count();
    let (failed, seconds) = (all.len() - passed, began.elapsed().as_secs_f64());
    let sum = |of: fn(&Explored) -> u64| all.iter().map(of).sum::<u64>();
    let (schedules, wide) = (sum(|one| one.schedules), sum(|one| one.wide));
    println!(
        "{passed} passed, {failed} failed, {schedules} schedules, {wide} of them on {MOST_VCPUS} vCPUs, \
         {seconds:.1} s"
    );
    Ok(match (schedules, failed) {
        (0, _) => Exit::NotMeasured,
        (_, 0) => Exit::Pass,
        _ => Exit::Fail,
    })
}

fn subjects(names: &[String]) -> anyhow::Result<Vec<Subject>> {
    let all = || Subject::all();
    if names.is_empty() {
        return Ok(all().collect());
    }
    let named = |name: &String| {
        let mut found = all().filter(|subject| subject.to_string() == *name);
        found.next().ok_or_else(|| {
            let allowed: Vec<String> = all().map(|subject| subject.to_string()).collect();
            anyhow!("cannot explore {name} (allowed: {})", allowed.join(" "))
        })
    };
    names.iter().map(named).collect()
}

/// Explores one subject after another on each of so many threads.
fn in_parallel(
    subjects: &[Subject],
    seeds: &Range<u64>,
    jobs: usize,
) -> anyhow::Result<Vec<Explored>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> anyhow::Result<()> {
        while let Some(&subject) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
            let one = explore_one(subject, seeds.clone())?;
            let mut done = done.lock().map_err(|_| anyhow!("a thread panicked"))?;
            println!("{}", one.line());
            done.push(one);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            let ended = thread.join();
            ended.map_err(|_| anyhow!("a thread panicked"))?
        })
    })?;
    done.into_inner().map_err(|_| anyhow!("a thread panicked"))
}

fn explore_one(subject: Subject, seeds: Range<u64>) -> anyhow::Result<Explored> {
    let mut explored = Explored {
        subject,
        schedules: 0,
        needed: CAUGHT * (seeds.end - seeds.start),
        broken: 0,
        idle: 0,
        wide: 0,
    };
    let most = match subject.is_busted() {
        true => MOST_SCHEDULES,
        false => 1,
    };
    for seed in seeds.start..seeds.start + most * (seeds.end - seeds.start) {
        if subject.is_busted() && explored.broken == explored.needed {
            break;
        }
        let schedule = Schedule::of(subject, seed);
        let found = schedule.run()?;
        explored.schedules += 1;
        explored.wide += u64::from(schedule.vcpus == MOST_VCPUS);
        explored.idle += u64::from(found.work == 0 && found.broken.is_none());
        if let Some(why) = found.broken {
            explored.broken += 1;
            if !subject.is_busted() && explored.broken <= MOST_SHOWN {
                println!("FAIL {schedule}: {why}");
            }
        }
    }
    Ok(explored)
}

impl Explored {
    /// A sound subject breaks no promise; one that is broken on purpose is caught as often as it has to be.
    fn passes(&self) -> bool {
        match self.subject.is_busted() {
            true => self.broken >= self.needed.max(1),
            false => self.broken == 0 && self.idle == 0 && self.schedules > 0,
        }
    }

    fn line(&self) -> String {
        let Self {
            subject,
            schedules,
            broken,
            idle,
            ..
        } = self;
        let verdict = if self.passes() { "PASS" } else { "FAIL" };
        let busted = match subject.is_busted() {
            true => " (broken on purpose)",
            false => "",
        };
        let idle = match idle {
            0 => String::new(),
            idle => format!(", {idle} did no work"),
        };
        format!(
            "{verdict} {subject}{busted}: {broken} of {schedules} schedules broke a promise{idle}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explored(subject: Subject, broken: u64, idle: u64) -> bool {
        let one = Explored {
            subject,
            schedules: 150,
            needed: 100,
            broken,
            idle,
            wide: 0,
        };
        one.passes()
    }

    #[test]
    fn busted_subject_passes_if_it_is_caught_and_a_sound_one_if_it_is_not() {
        let (busted, sound) = (
            Subject::Overtake,
            Subject::all().find(|one| !one.is_busted()),
        );
        let sound = sound.unwrap();
        assert!(explored(busted, 100, 0) && !explored(busted, 99, 0));
        assert!(explored(sound, 0, 0) && !explored(sound, 1, 0));
        assert!(
            !explored(sound, 0, 1),
            "a schedule without work says nothing"
        );
    }

    #[test]
    fn subject_is_found_by_its_name_alone() {
        assert_eq!(
            subjects(&["lock/overtake".into()]).unwrap(),
            [Subject::Overtake]
        );
        let error = subjects(&["overtake".into()]).unwrap_err().to_string();
        assert!(error.contains("allowed: lock/busted"), "{error}");
    }
}
