// SPDX-License-Identifier: GPL-2.0

//! Stops of known length, and what a module may report of the waits that they make long.

use abi::lock_load::Cause::{HolderPreempted, PredecessorPreempted, Queueing, WaiterStolen};
use results::Report;
use vm_record::PreemptionOutcome;

use super::*;
use crate::plan::setting::Point;

const MS: u64 = 1_000_000;

/// The report of two threads on vCPUs 0 and 1: each the lengths of its long waits and the cause given, in a run
/// with a stop of 50 ms.
fn report(lock: &str, target: &str, seen: u64, waits: [&[(u64, Cause)]; 2]) -> LockLoad {
    let mut text = format!(
        "lock-load schema={} run=4
config lock={lock} threads=2 hold_ns=1000 idle_ns=1000 run_ms=150 kick=auto mode=any load=contest \
rounds=10000 stutter_ms=0 shuffle_ms=0 onoff_ms=0 long_hold_ms=0 long_hold_every_ms=100 nested=1 acquire=lock \
irqs=on boost_ms=0 threshold=4096 backoff=64 overtakes=9 histograms=on long_us=25000 \
preempt={target} preempt_ms=50 preempt_every_ms=60
sum elapsed_ns=150000000 sections=12 min=4 mean=6 max=8 halts=0 kicks=0 exclusion=held lost=0
machine kernel_lock=test-and-set mode=tas kick=ipi loops_per_us=320 lost_time=gaps
torture pauses=0 paused_ns=0 shuffles=0 offline=0 refused=0 long_holds=0 boosts=0
thread index=0 vcpu=0 sections=4 halts=0 kicks=0 moved=0 queued_ns=0
thread index=1 vcpu=1 sections=8 halts=0 kicks=0 moved=0 queued_ns=0
",
        abi::SCHEMA
    );
    let all = waits.concat();
    for cause in Cause::ALL {
        let mine = all
            .iter()
            .filter(|(_, given)| given == cause)
            .map(|(ns, _)| ns);
        let (count, ns) = (mine.clone().count(), mine.sum::<u64>());
        text += &format!("long_waits cause={cause} count={count} ns={ns}\n");
    }
    for (index, waits) in waits.iter().enumerate() {
        let longest = waits.iter().map(|(ns, _)| *ns).max().unwrap_or(0);
        let mut buckets: BTreeMap<u64, u64> = BTreeMap::new();
        waits
            .iter()
            .for_each(|(ns, _)| *buckets.entry(bucket(*ns)).or_default() += 1);
        let list: Vec<String> = buckets
            .iter()
            .map(|(low, n)| format!("{low}:{n}"))
            .collect();
        text += &format!(
            "histogram of=wait index={index} vcpu={index} count={} longest_ns={longest} buckets={}\n",
            waits.len(),
            list.join(",")
        );
    }
    text += &format!("injected victim={target} requested=1 seen={seen}\n");
    LockLoad::parse(&text).unwrap()
}

/// The smallest value of the bucket of `ns`.
fn bucket(ns: u64) -> u64 {
    let octave = ns.ilog2() - abi::histogram::SUB_BITS;
    ns >> octave << octave
}

/// A stop of `vcpu` for 50 ms, `after_us` its request.
fn stop(vcpu: usize, after_us: u64) -> InjectedPreemption {
    InjectedPreemption {
        vcpu,
        ms: 50,
        requested_us: 1000,
        outcome: PreemptionOutcome::Served {
            began_us: 1000 + after_us,
            ended_us: 51_000 + after_us,
        },
    }
}

fn record(report: LockLoad, boot: usize) -> Record {
    Record {
        boot,
        guest: Point::new(),
        at_ms: 0,
        scenario: "why".into(),
        repeat: 1,
        line: String::new(),
        run: results::Record::new(0, report),
    }
}

fn compared(report: &LockLoad, stop: InjectedPreemption) -> Attribution {
    let mut all = Attribution::default();
    all.boots.insert(1);
    all.add(&record(report.clone(), 1), report, &[stop]);
    all
}

fn pairs(of: &Attribution) -> Vec<(Cause, Option<Cause>)> {
    of.known
        .iter()
        .map(|wait| (wait.true_cause, wait.given))
        .collect()
}

#[test]
fn wait_behind_a_stopped_holder_has_that_cause_whatever_was_given() {
    for given in [HolderPreempted, Queueing, WaiterStolen] {
        let report = report("tas", "holder", 1, [&[], &[(51 * MS, given)]]);
        let all = compared(&report, stop(0, 200));
        assert_eq!(pairs(&all), [(HolderPreempted, Some(given))]);
        assert_eq!((all.unknown, all.unmatched), (0, 0));
    }
}

#[test]
fn stopped_waiter_delays_itself_and_in_an_ordered_lock_the_one_behind_it() {
    let waits: [&[(u64, Cause)]; 2] = [
        &[(38 * MS, PredecessorPreempted)],
        &[(57 * MS, WaiterStolen)],
    ];
    let of = |lock| pairs(&compared(&report(lock, "waiter", 0, waits), stop(1, 200)));
    let own = (WaiterStolen, Some(WaiterStolen));
    let behind = (PredecessorPreempted, Some(PredecessorPreempted));
    assert_eq!(of("ticket"), [behind, own]);
    assert_eq!(of("tas"), [own], "no place in a queue is lost");
}

/// A host that is busy makes other waits long, too: neither errors nor successes.
#[test]
fn wait_without_a_stop_in_it_is_unknown() {
    let waits: [&[(u64, Cause)]; 2] = [
        &[(30 * MS, HolderPreempted)],
        &[(51 * MS, HolderPreempted), (120 * MS, Queueing)],
    ];
    let all = compared(&report("ticket", "holder", 1, waits), stop(0, 200));
    assert_eq!(pairs(&all), [(HolderPreempted, Some(HolderPreempted))]);
    assert_eq!(all.unknown, 2);
}

#[test]
fn two_waits_as_long_as_the_stop_are_not_distinguished() {
    let waits: [&[(u64, Cause)]; 2] = [&[], &[(51 * MS, HolderPreempted), (54 * MS, Queueing)]];
    let all = compared(&report("ticket", "holder", 1, waits), stop(0, 200));
    assert_eq!((pairs(&all).len(), all.unmatched, all.unknown), (0, 1, 2));
    let none = compared(&report("ticket", "holder", 1, [&[], &[]]), stop(0, 200));
    assert_eq!(
        (pairs(&none).len(), none.unmatched, none.unknown),
        (0, 1, 0)
    );
}

#[test]
fn coincidences_of_a_busy_host_are_estimated_and_bounded() {
    let waits: [&[(u64, Cause)]; 2] = [&[], &[(51 * MS, HolderPreempted), (63 * MS, Queueing)]];
    let mut all = compared(&report("ticket", "holder", 1, waits), stop(0, 200));
    assert_eq!((pairs(&all).len(), all.coincidences), (1, 1));
    all.known = vec![all.known[0].clone(); 39];
    (all.boots, all.coincidences) = ([1].into(), 4);
    let why = all.recall(HolderPreempted).unwrap_err();
    assert_eq!(
        why,
        "4 of 39 waits may be coincidences on this busy host, allowed: 3"
    );
    all.coincidences = 3;
    assert_eq!(all.recall(HolderPreempted).unwrap().value(), 1.0);
}

/// Both victims in turn, as the pauses of a busy host make a run longer than two periods.
#[test]
fn two_stops_in_a_run_have_each_their_waits() {
    let longer = |vcpu| {
        let mut stop = stop(vcpu, 200);
        stop.outcome = PreemptionOutcome::Served {
            began_us: 1200,
            ended_us: 81_000,
        };
        stop
    };
    let matched = |waits: [&[(u64, Cause)]; 2], stops: &[InjectedPreemption]| {
        let mut report = report("ticket", "holder", 1, waits);
        report.injected.as_mut().unwrap().seen = stops.len() as u64;
        let mut all = Attribution::default();
        all.add(&record(report.clone(), 1), &report, stops);
        (all.known.len(), all.unmatched, all.unknown)
    };
    let waits: [&[(u64, Cause)]; 2] =
        [&[(81 * MS, HolderPreempted)], &[(51 * MS, HolderPreempted)]];
    assert_eq!(matched(waits, &[stop(0, 200), longer(1)]), (2, 0, 0));
    let same: [&[(u64, Cause)]; 2] = [
        &[],
        &[(51 * MS, HolderPreempted), (52 * MS, HolderPreempted)],
    ];
    assert_eq!(matched(same, &[stop(0, 200), stop(0, 200)]), (2, 0, 0));
    assert_eq!(matched(same, &[stop(0, 200), longer(1)]), (0, 2, 2));
}

#[test]
fn stop_whose_place_is_not_known_makes_no_true_cause() {
    let waits: [&[(u64, Cause)]; 2] = [&[], &[(51 * MS, HolderPreempted)]];
    let refused = InjectedPreemption {
        outcome: PreemptionOutcome::Refused,
        ..stop(0, 200)
    };
    for (report, stop, why) in [
        (
            report("ticket", "holder", 0, waits),
            stop(0, 200),
            "a holder did not see",
        ),
        (
            report("ticket", "waiter", 0, waits),
            stop(1, 6_300),
            "a stop came after",
        ),
        (
            report("ticket", "random", 0, waits),
            stop(1, 200),
            "the role of the victim",
        ),
        (
            report("ticket", "holder", 1, waits),
            stop(5, 200),
            "runs no thread",
        ),
        (
            report("ticket", "holder", 1, waits),
            refused,
            "the host did not stop",
        ),
    ] {
        let all = compared(&report, stop);
        assert_eq!((all.known.len(), all.unknown), (0, 1), "{why}");
        let (reason, count) = all.unplaced.first_key_value().expect(why);
        assert!(reason.contains(why) && *count == 1, "{reason}");
    }
}

#[test]
fn every_run_gets_the_entries_of_its_own_requests() {
    let run = || record(report("ticket", "holder", 1, [&[], &[]]), 1);
    let runs = [run(), run()];
    let log = [stop(0, 200), stop(1, 300)];
    let all = by_run(runs.iter(), &log).unwrap();
    assert_eq!((all[0].1, all[1].1), (&log[..1], &log[1..]));
    for (log, why) in [(&log[..1], "fewer"), (&[log[0]; 3], "more")] {
        assert!(by_run(runs.iter(), log).unwrap_err().contains(why));
    }
}

#[test]
fn precision_and_recall_are_over_boots() {
    let mut all = Attribution::default();
    let mut add = |boot, true_cause, given, count| {
        all.boots.insert(boot);
        for _ in 0..count {
            all.known.push(KnownWait {
                boot,
                settings: Point::new(),
                true_cause,
                given,
            });
        }
    };
    for (boot, right) in [(1, 18), (2, 16)] {
        add(boot, HolderPreempted, Some(HolderPreempted), right);
        add(boot, HolderPreempted, Some(Queueing), 20 - right);
        add(boot, HolderPreempted, None, 10);
        add(boot, WaiterStolen, Some(HolderPreempted), 2);
    }
    add(1, WaiterStolen, Some(WaiterStolen), 9);
    let close = |value: f64, to: f64| assert!((value - to).abs() < 1e-9, "{value} is not {to}");
    let recall = all.recall(HolderPreempted).unwrap();
    assert_eq!(recall.boots, 2);
    close(recall.value(), 0.85);
    let precision = all.precision(HolderPreempted).unwrap();
    close(precision.value(), f64::midpoint(18.0 / 20.0, 16.0 / 18.0));
    let too_few = "13 waits, allowed: 30 or more";
    assert_eq!(all.recall(WaiterStolen).unwrap_err(), too_few);
    assert_eq!(
        all.precision(WaiterStolen).unwrap_err(),
        "no wait in boot 2"
    );
    let figures = all.figures("why");
    assert!(!figures.contains_key("why.waiter.recall"), "{figures:?}");
    for (name, value) in [
        ("why.holder.recall", 0.85),
        ("why.holder.waits", 60.0),
        ("why.predecessor.waits", 0.0),
        ("why.determined", 53.0 / 73.0),
        ("why.unknown", 0.0),
    ] {
        close(figures[name].value(), value);
    }
}
