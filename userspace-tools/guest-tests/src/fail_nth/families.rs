// SPDX-License-Identifier: GPL-2.0

//! Settings of starts that allocate differently: each member of each list in `abi`.

use abi::{
    bottleneck::Facts,
    job_runner::{JobFunction, Policy},
    lock_load::Lock,
    sloppy_counter::{Counter, Work},
    trial::Load,
};

/// The settings of the starts of `module`, each of a short run.
pub fn of(module: &str) -> Vec<String> {
    match module {
        "lock-load" => locks(),
        "sloppy-counter" => counters(),
        "job-runner" => jobs(),
        _ => bottlenecks(),
    }
}

/// The same, each of a run that lasts for dozens of milliseconds.
pub fn longer(module: &str) -> Vec<String> {
    let longer = match module {
        "job-runner" => "size=200",
        _ => "run_ms=60",
    };
    let families = of(module).into_iter();
    families.map(|words| format!("{words} {longer}")).collect()
}

fn locks() -> Vec<String> {
    let locks = Lock::ALL.iter();
    let mut families: Vec<_> = locks
        .map(|lock| {
            let histograms = lock.histograms();
            format!("lock={lock} run_ms=2 nested=2 histograms={histograms}")
        })
        .collect();
    let trials = Load::ALL.iter().filter(|load| load.is_trial());
    families.push("load=steps lock=mcs/halt threads=1 run_ms=20 rounds=2".into());
    families.push("load=deadlocks lock=resilient threads=2 run_ms=20 rounds=2".into());
    families.push("load=primitives threads=2 run_ms=20 rounds=2".into());
    families.extend(trials.map(|load| format!("load={load} lock=mcs/halt run_ms=2 rounds=2")));
    families.extend(
        ["histograms=off", "stutter_ms=1 shuffle_ms=1", "boost_ms=1"]
            .map(|words| format!("lock=ttas run_ms=5 {words}")),
    );
    families
}

fn counters() -> Vec<String> {
    let counters = Counter::ALL.iter();
    let mut families: Vec<_> = counters
        .map(|counter| format!("counter={counter} run_ms=2"))
        .collect();
    let works = Work::ALL.iter();
    families.extend(works.map(|work| format!("work={work} run_ms=2 objects=100")));
    families.push("audit=on fold_ms=1 irq_ms=1 change_ms=1 run_ms=5".into());
    families
}

fn jobs() -> Vec<String> {
    let jobs = JobFunction::ALL.iter();
    let mut families: Vec<_> = jobs
        .map(|job| format!("job={job} size=4 fail_at=2 helpers=100"))
        .collect();
    let policies = Policy::ALL.iter();
    families.extend(policies.map(|policy| format!("policy={policy} size=64 helpers=100")));
    families.extend(
        [
            "trace=on",
            "plain=on",
            "nested=on callers=2",
            "begin=queue_work",
            "nodes=2",
            "check=2",
        ]
        .map(|words| format!("size=64 helpers=100 {words}")),
    );
    families
}

fn bottlenecks() -> Vec<String> {
    let variants = |facts: &'static Facts| {
        let variants = facts.variants.iter();
        variants.map(move |variant| {
            let (case, check) = (facts.kind, facts.check);
            format!("case={case} {check} size=8 variant={variant} run_ms=2")
        })
    };
    Facts::all().flat_map(variants).collect()
}

#[cfg(test)]
mod tests {
    use results::{Bottleneck, JobRunner, LockLoad, Report, Settings, SloppyCounter};

    fn all_are_valid<R: Report>() {
        for words in [super::of(R::MODULE), super::longer(R::MODULE)].concat() {
            let taken = R::Config::default()
                .take(&words, 4)
                .map_err(|e| e.to_string());
            assert_eq!(taken, Ok(()), "{words}");
        }
    }

    #[test]
    fn every_family_is_valid() {
        all_are_valid::<LockLoad>();
        all_are_valid::<SloppyCounter>();
        all_are_valid::<JobRunner>();
        all_are_valid::<Bottleneck>();
    }
}
