// SPDX-License-Identifier: GPL-2.0

//! Stops of known length, and what a module may report of the waits that they make long.

use abi::lock_load::Cause::{HolderPreempted, PredecessorPreempted, Queueing, WaiterStolen};
use results::Report;
use vm_record::PreemptionOutcome;

use super::*;
use crate::plan::setting::Point;

const MS: u64 = 1_000_000;

/// A long wait as the module logs it: thread, begin and end in milliseconds, cause given.
type Logged = (u32, u64, u64, Cause);

/// A request as the module logs it: vCPU, when it was made and when its thread left its section, in
/// milliseconds.
type Requested = (usize, u64, u64);

/// The report of a run of `lock` whose threads are on the vCPUs of their numbers.
fn report(
    lock: &str,
    threads: u32,
    target: &str,
    requests: &[Requested],
    waits: &[Logged],
) -> LockLoad {
    let mut text = format!(
        "lock-load schema={} run=4
config lock={lock} threads={threads} hold_ns=1000 idle_ns=1000 readers_pct=0 run_ms=150 kick=auto mode=any load=contest \
rounds=10000 stutter_ms=0 shuffle_ms=0 onoff_ms=0 long_hold_ms=0 long_hold_every_ms=100 nested=1 acquire=lock \
irqs=on boost_ms=0 threshold=4096 backoff=64 overtakes=9 timeout_us=250000 histograms=on long_us=25000 \
preempt={target} preempt_ms=50 preempt_every_ms=60
sum elapsed_ns=150000000 sections=12 min=4 mean=6 max=8 halts=0 kicks=0 exclusion=held lost=0
machine hypervisor=other kernel_lock=test-and-set mode=tas kick=ipi loops_per_us=320 lost_time=gaps
torture pauses=0 paused_ns=0 shuffles=0 offline=0 refused=0 long_holds=0 boosts=0
",
        abi::SCHEMA
    );
    for n in 0..threads {
        text +=
            &format!("thread index={n} vcpu={n} sections=4 halts=0 kicks=0 moved=0 queued_ns=0\n");
    }
    for cause in Cause::ALL {
        let mine = || waits.iter().filter(|(.., given)| given == cause);
        let ns: u64 = mine().map(|(_, begin, end, _)| (end - begin) * MS).sum();
        let count = mine().count();
        text += &format!("long_waits cause={cause} count={count} ns={ns}\n");
    }
    for (thread, begin, end, cause) in waits {
        text += &format!(
            "long_wait thread={thread} vcpu={thread} begin_ns={} end_ns={} cause={cause} holder_ns=0 \
             predecessor_ns=0 own_ns=0 queue_ns=0\n",
            begin * MS,
            end * MS
        );
    }
    text += &format!(
        "injected victim={target} requested={} seen=0\n",
        requests.len()
    );
    for (vcpu, at, left) in requests {
        text += &format!(
            "injection vcpu={vcpu} at_ns={} left_ns={}\n",
            at * MS,
            left * MS
        );
    }
    LockLoad::parse(&text).unwrap()
}

/// A stop of `vcpu` for 50 ms, `after_ms` its request.
fn stop(vcpu: usize, after_ms: u64) -> InjectedPreemption {
    InjectedPreemption {
        vcpu,
        ms: 50,
        requested_us: 7_000_000,
        outcome: PreemptionOutcome::Served {
            began_us: 7_000_000 + after_ms * 1000,
            ended_us: 7_050_000 + after_ms * 1000,
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

fn compared(report: &LockLoad, stops: &[InjectedPreemption]) -> Attribution {
    let mut all = Attribution::default();
    all.boots.insert(1);
    all.add(&record(report.clone(), 1), report, stops);
    all
}

/// True and given causes.
fn pairs(of: &Attribution) -> Vec<(Cause, Cause)> {
    let known = of.known.iter();
    known.map(|wait| (wait.true_cause, wait.given)).collect()
}

/// ```text
///   holder 0   at 60 ├─ stop 61 ─── 111 ─┤ left 112
///   waiter 1      60 ├──────────────────────┤ 112
/// ```
#[test]
fn wait_behind_a_stopped_holder_has_that_cause_whatever_was_given() {
    for given in [HolderPreempted, Queueing, WaiterStolen] {
        let report = report("tas", 2, "holder", &[(0, 60, 112)], &[(1, 60, 112, given)]);
        let all = compared(&report, &[stop(0, 1)]);
        assert_eq!(pairs(&all), [(HolderPreempted, given)]);
        assert_eq!((all.unknown, all.unmatched, all.mixed), (0, 0, 0));
    }
}

#[test]
fn every_waiter_waits_for_a_stopped_holder() {
    let waits = [
        (1, 60, 112, HolderPreempted),
        (2, 70, 115, HolderPreempted),
        (0, 113, 140, Queueing),
    ];
    let all = compared(
        &report("ticket", 3, "holder", &[(0, 60, 112)], &waits),
        &[stop(0, 1)],
    );
    assert_eq!(pairs(&all), [(HolderPreempted, HolderPreempted); 2]);
    assert_eq!((all.unknown, all.mixed), (1, 0), "after the stop");
}

/// ```text
///   holder 0   at 66 ├────┤ left 78
///   victim 1   60 ├──── stop 67 ──────── 117 ─┤ 118
///   behind, 0             79 ├────────────────┤ 119
/// ```
#[test]
fn stopped_waiter_delays_itself_and_in_an_ordered_lock_the_one_behind_it() {
    let waits = [
        (0, 79, 119, PredecessorPreempted),
        (1, 60, 118, WaiterStolen),
    ];
    let of = |lock| {
        let report = report(lock, 2, "waiter", &[(1, 66, 78)], &waits);
        compared(&report, &[stop(1, 1)])
    };
    let own = (WaiterStolen, WaiterStolen);
    let behind = (PredecessorPreempted, PredecessorPreempted);
    assert_eq!(pairs(&of("ticket")), [behind, own]);
    let unordered = of("tas");
    assert_eq!(pairs(&unordered), [own], "no place in a queue is lost");
    assert_eq!((unordered.unknown, unordered.mixed), (1, 1));
}

/// The holder's own vCPU does not run, and so it keeps the lock until the stop is nearly over.
#[test]
fn waiter_that_is_stopped_while_the_lock_is_held_does_not_wait_for_itself() {
    let waits = [(1, 60, 118, HolderPreempted)];
    let all = compared(
        &report("ticket", 2, "waiter", &[(1, 66, 100)], &waits),
        &[stop(1, 1)],
    );
    assert_eq!((pairs(&all).len(), all.unknown, all.mixed), (0, 1, 1));
}

/// The victim had the lock, or did not want it: the other does not wait behind it.
#[test]
fn thread_waits_only_behind_a_victim_that_waits() {
    let waits = [(0, 79, 119, Queueing)];
    let all = compared(
        &report("ticket", 2, "waiter", &[(1, 66, 78)], &waits),
        &[stop(1, 1)],
    );
    assert_eq!((pairs(&all).len(), all.unknown, all.unmatched), (0, 1, 1));
}

/// A host that is busy makes other waits long, too: neither errors nor successes.
#[test]
fn wait_that_is_not_mostly_a_stop_is_unknown() {
    let waits = [
        (1, 60, 112, HolderPreempted),
        (1, 10, 59, HolderPreempted),
        (2, 5, 112, Queueing),
        (2, 105, 130, Queueing),
    ];
    let all = compared(
        &report("ticket", 3, "holder", &[(0, 60, 112)], &waits),
        &[stop(0, 1)],
    );
    assert_eq!(pairs(&all), [(HolderPreempted, HolderPreempted)]);
    assert_eq!((all.unknown, all.mixed, all.unmatched), (3, 2, 0));
}

#[test]
fn every_stop_of_a_run_has_its_waits() {
    let requests = [(0, 60, 112), (1, 160, 212), (0, 260, 312)];
    let waits = [
        (1, 60, 112, HolderPreempted),
        (0, 161, 213, Queueing),
        (0, 100, 159, HolderPreempted),
    ];
    let report = report("ticket", 2, "holder", &requests, &waits);
    let all = compared(&report, &[stop(0, 1), stop(1, 1), stop(0, 1)]);
    let expected = [
        (HolderPreempted, HolderPreempted),
        (HolderPreempted, Queueing),
    ];
    assert_eq!(pairs(&all), expected);
    assert_eq!((all.unknown, all.mixed, all.unmatched), (1, 1, 1));
}

#[test]
fn waits_and_requests_that_were_not_logged_are_counted() {
    let mut report = report(
        "ticket",
        2,
        "holder",
        &[(0, 60, 112)],
        &[(1, 60, 112, HolderPreempted)],
    );
    report.long_waits[0].count += 5;
    let all = compared(&report, &[stop(0, 1), stop(0, 1)]);
    assert_eq!((pairs(&all).len(), all.unknown), (1, 5));
    let why = "the run's log does not have the request";
    assert_eq!(all.unplaced, BTreeMap::from([(why, 1)]));
    (report.injections, report.logged_waits) = (Vec::new(), Vec::new());
    let older = compared(&report, &[stop(0, 1), stop(0, 1)]);
    assert_eq!((older.known.len(), older.unknown), (0, 6));
    assert_eq!(older.unplaced, BTreeMap::from([(why, 2)]), "schema 4");
}

#[test]
fn stop_whose_place_is_not_known_makes_no_true_cause() {
    let refused = InjectedPreemption {
        outcome: PreemptionOutcome::Refused,
        ..stop(0, 1)
    };
    let mut moved = report("ticket", 2, "holder", &[(0, 60, 112)], &[]);
    moved.config.shuffle_ms = 10;
    let of = |threads, target, request| report("ticket", threads, target, &[request], &[]);
    for (report, stop, why) in [
        (
            of(2, "holder", (0, 60, 62)),
            stop(0, 1),
            "the holder left its section before",
        ),
        (
            of(2, "waiter", (1, 60, 72)),
            stop(1, 13),
            "after the holder had left",
        ),
        (of(3, "waiter", (1, 60, 72)), stop(1, 1), "which was ahead"),
        (
            of(2, "random", (1, 60, 72)),
            stop(1, 1),
            "the role of the victim",
        ),
        (of(2, "holder", (5, 60, 112)), stop(5, 1), "runs no thread"),
        (
            of(2, "holder", (1, 60, 112)),
            stop(0, 1),
            "the logs of host and guest disagree",
        ),
        (
            of(2, "holder", (0, 60, 112)),
            refused,
            "the host did not stop",
        ),
        (moved, stop(0, 1), "threads move"),
    ] {
        let all = compared(&report, &[stop]);
        let (reason, count) = all.unplaced.first_key_value().expect(why);
        assert!(reason.contains(why) && *count == 1, "{reason}");
    }
}

#[test]
fn every_run_gets_the_entries_of_its_own_requests() {
    let run = || record(report("ticket", 2, "holder", &[(0, 60, 112)], &[]), 1);
    let runs = [run(), run()];
    let log = [stop(0, 2), stop(1, 3)];
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
        add(boot, HolderPreempted, HolderPreempted, right);
        add(boot, HolderPreempted, Queueing, 20 - right);
        add(boot, WaiterStolen, HolderPreempted, 2);
    }
    add(1, WaiterStolen, WaiterStolen, 9);
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
        ("why.holder.waits", 40.0),
        ("why.predecessor.waits", 0.0),
        ("why.unknown", 0.0),
    ] {
        close(figures[name].value(), value);
    }
}
