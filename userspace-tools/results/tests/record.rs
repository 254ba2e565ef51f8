// SPDX-License-Identifier: GPL-2.0

//! Reports from text to JSON and back, and the contradictions that `check` finds in them.

use abi::Malformed;
use results::{AnyReport, Bottleneck, JobRunner, LockLoad, Outcome, Record, Report, SloppyCounter};
use serde_json::{json, Map, Value};

const LOCK_LOAD: &str = "lock-load schema=6 run=4
config lock=busted threads=2 hold_ns=200 idle_ns=0 readers_pct=0 run_ms=50 kick=auto mode=any load=contest rounds=10000 \
stutter_ms=0 shuffle_ms=0 onoff_ms=0 long_hold_ms=0 long_hold_every_ms=100 nested=1 acquire=lock \
irqs=on boost_ms=0 threshold=4096 backoff=64 overtakes=9 timeout_us=250000 histograms=off long_us=1000 \
preempt=none preempt_ms=20 preempt_every_ms=100
sum elapsed_ns=50000000 sections=12 min=4 mean=6 max=8 halts=0 kicks=0 exclusion=broken lost=3
machine hypervisor=other kernel_lock=test-and-set mode=tas kick=ipi loops_per_us=320 lost_time=gaps
torture pauses=0 paused_ns=0 shuffles=0 offline=0 refused=0 long_holds=0 boosts=0
thread index=0 vcpu=0 sections=4 halts=0 kicks=0 moved=0 queued_ns=0
thread index=1 vcpu=1 sections=8 halts=0 kicks=0 moved=0 queued_ns=0
";

const SLOPPY_COUNTER: &str = "sloppy-counter schema=6 run=1
config counter=sloppy work=adds threads=1 threshold=64 node_threshold=9 nodes=2 burst=10 idle_ns=0 \
reads=0 audit=on fold_ms=0 irq_ms=0 change_ms=0 onoff_ms=0 objects=1 run_ms=50
sum elapsed_ns=50000000 adds=100 truth=100 sum=100 read=64 bound=64 total=held
speed busy_ns=9 lost_ns=0 steal_ns=0 add_ps=90 best_add_ps=80 shared_add_ps=0 shared=0 reads=0 read_ps=0 best_read_ps=0
audit samples=3 broken=0 worst=36 bound=64 of_bound=562 stale_ns=7 folds=0 changes=0 deaths=0 interrupts=0
memory bytes=40 per_vcpu=8 vcpus=1 kernel_bytes=40 kernel_per_vcpu=4
bucket of=error from=0 count=2
bucket of=error from=36 count=1
bucket of=stale from=5 count=3
lane vcpu=0 held=36
thread index=0 vcpu=0 adds=100 moved=0
";

const BOTTLENECK: &str = "bottleneck schema=6 run=3
config case=ids variant=busted lock=ticket threads=2 run_ms=50 idle_ns=0 burst=256 write_permille=0 \
depth=4 size=64 every=0 shared=on
sum elapsed_ns=50000000 case=ids variant=busted lock=ticket threads=2 ops=12 min=4 max=8 wrong=4 verdict=broken
cpu_time cpu_ns=70 lost_ns=20 lost_time=gaps
thread index=0 vcpu=0 ops=4 busy_ns=40 lost_ns=10 locks=2 waits=1 wait_ns=5 moved=0
thread index=1 vcpu=1 ops=8 busy_ns=50 lost_ns=10 locks=0 waits=0 wait_ns=0 moved=0
finding name=numbers seen=12 due=11
finding name=stale seen=3 due=0
histogram of=wait index=0 vcpu=0 count=2 longest_ns=5 buckets=0:1,5:1
";

const JOB_RUNNER: &str = "job-runner schema=6 run=2
config policy=padata job=spin start=0 size=10 align=1 min_chunk=1 max_threads=2 work_ns=9 \
limit_ms=5 per_worker=4 burst=1 fail_at=1000 undo=off nice=19 cap=0 cpus=all nodes=1 spill=on helpers=80 deny=0 \
begin=wake callers=1 nested=off check=0 seed=1 trace=on plain=off
sum elapsed_ns=1000 workers=1 chunks=2 once=10 missed=0 repeated=0 cut_short=0 coverage=held
timing ended=done first_ns=1 last_ns=2 tail_ns=3 wanted=1 helpers=0 most_helpers=0 \
undone=0 disorder=0 undo_ns=0 total=0 expected=0 plain_ns=0
fault errno=0 index=0 chunk_start=0 chunk_end=0 worker=0
oracle jobs=0 sound=0 failed=0 cancelled=0 late=0 undid=0
worker index=0 vcpu=0 node=0 chunks=2 items=10 start_ns=4 busy_ns=900 handout_ns=5 \
take_ns=4 look_ns=3 stalls=0 stalled_ns=0 \
idle_ns=6 asleep_ns=0 lost_ns=7 cpu_ns=8 steals=0 moved=0 absent=0
chunk worker=0 start=0 end=10 from_ns=1 to_ns=9
";

/// What follows with `histograms=on`.
const SAMPLES: &str = "event name=halts count=0
event name=lock_slowpath count=5
thread_waits index=0 vcpu=0 waits=2 overtaken=0 longest_wait_ns=900 longest_run=2 lost_ns=0
thread_waits index=1 vcpu=1 waits=3 overtaken=0 longest_wait_ns=2000000 longest_run=5 lost_ns=1500000
order fifo=held waits=5 overtaken=0 tolerance_ns=1000
cpu_time cpu_ns=98500000 lost_ns=1500000
long_waits cause=holder_preempted count=1 ns=2000000
long_waits cause=predecessor_preempted count=0 ns=0
long_waits cause=waiter_stolen count=0 ns=0
long_waits cause=queueing count=0 ns=0
long_wait thread=1 vcpu=1 begin_ns=500 end_ns=2000500 cause=holder_preempted holder_ns=1500000 predecessor_ns=0 \
own_ns=100 queue_ns=499900
histogram of=wait index=0 vcpu=0 count=3 longest_ns=900 buckets=0:1,896:2
histogram of=hold index=0 vcpu=0 count=3 longest_ns=220 buckets=216:3
histogram of=handoff index=0 vcpu=0 count=1 longest_ns=90 buckets=90:1
histogram of=wait index=1 vcpu=1 count=8 longest_ns=2000000 buckets=0:5,896:2,1966080:1
histogram of=hold index=1 vcpu=1 count=8 longest_ns=220 buckets=216:8
histogram of=handoff index=1 vcpu=1 count=0 longest_ns=0 buckets=
injected victim=holder requested=1 seen=1
injection vcpu=0 at_ns=400 left_ns=1900500
";

fn sampled() -> String {
    let ticket = LOCK_LOAD.replace("busted", "ticket");
    let held = ticket.replace("broken lost=3", "held lost=0");
    held.replace("histograms=off", "histograms=on") + SAMPLES
}

/// The JSON of `key=value …`: numbers as numbers, names as strings.
fn object(words: &str) -> Value {
    let value = |text: &str| {
        text.parse::<i64>()
            .map_or_else(|_| text.into(), Value::from)
    };
    let pairs = results::pairs(words).map(|(key, text)| (key.to_string(), value(text)));
    match words.split_once(" buckets=") {
        None => Value::Object(pairs.collect()),
        Some((head, buckets)) => {
            let mut head = object(head);
            let bucket = |b: &str| b.split(':').map(value).collect::<Value>();
            let buckets = buckets.split(',').filter(|b| !b.is_empty()).map(bucket);
            head["buckets"] = buckets.collect();
            head
        }
    }
}

/// The JSON of a report: an object for each line, a list for each of `lists`, word and key.
fn json_of(text: &str, module: &str, lists: &[(&str, &str)], empty: &[&str]) -> Value {
    let mut all = Map::new();
    empty
        .iter()
        .for_each(|key| drop(all.insert((*key).into(), json!([]))));
    for line in text.lines() {
        let (word, words) = line.split_once(' ').unwrap();
        match lists.iter().find(|(listed, _)| *listed == word) {
            Some((_, key)) => {
                let list = all.entry(*key).or_insert_with(|| json!([]));
                list.as_array_mut().unwrap().push(object(words));
            }
            None if word == module => all.extend(object(words).as_object().unwrap().clone()),
            None => drop(all.insert(word.into(), object(words))),
        }
    }
    all.extend([("seq".into(), json!(7)), ("module".into(), json!(module))]);
    Value::Object(all)
}

/// Fails unless the record of `text` is its JSON, and reads back as it was.
fn assert_json<R: Report + Into<AnyReport>>(text: &str, lists: &[(&str, &str)], empty: &[&str]) {
    let record = Record::new(7, R::parse(text).unwrap());
    let json = record.to_json();
    assert_eq!(Record::parse(&json).unwrap(), record);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value, json_of(text, R::MODULE, lists, empty));
    // The head comes first, for readers of the raw lines.
    let head = format!(
        r#"{{"schema":{},"seq":7,"module":"{}","run":"#,
        abi::SCHEMA,
        R::MODULE
    );
    assert!(json.starts_with(&head), "{json}");
}

#[test]
fn json_has_every_line_of_the_report() {
    let lists = [
        ("thread", "threads"),
        ("event", "events"),
        ("histogram", "histograms"),
        ("thread_waits", "thread_waits"),
        ("long_waits", "long_waits"),
        ("long_wait", "logged_waits"),
        ("injection", "injections"),
    ];
    assert_json::<LockLoad>(LOCK_LOAD, &lists, &["events"]);
    assert_json::<LockLoad>(&sampled(), &lists, &[]);
    let lists = [
        ("thread", "threads"),
        ("bucket", "buckets"),
        ("lane", "lanes"),
    ];
    assert_json::<SloppyCounter>(SLOPPY_COUNTER, &lists, &[]);
    let negative = SLOPPY_COUNTER.replace("read=64", "read=-64");
    assert_json::<SloppyCounter>(&negative, &lists, &[]);
    let lists = [
        ("thread", "threads"),
        ("finding", "findings"),
        ("histogram", "histograms"),
    ];
    assert_json::<Bottleneck>(BOTTLENECK, &lists, &[]);
    let lists = [("worker", "workers"), ("chunk", "chunks")];
    assert_json::<JobRunner>(JOB_RUNNER, &lists, &[]);
}

#[test]
fn json_of_a_failure_is_its_error() {
    let json = Record::failure(3, "lock-load", "no \"such\" thing").to_json();
    let rest = r#""seq":3,"module":"lock-load","error":"no \"such\" thing"}"#;
    assert_eq!(json, format!(r#"{{"schema":{},{rest}"#, abi::SCHEMA));
}

#[test]
fn line_of_another_report_is_malformed() {
    let text = LOCK_LOAD.to_owned() + "worker index=0\n";
    assert_eq!(LockLoad::parse(&text), Err(Malformed("report")));
    let out_of_range = JOB_RUNNER.replace("max_threads=2", "max_threads=0");
    assert_eq!(JobRunner::parse(&out_of_range), Err(Malformed("config")));
}

#[test]
fn outcome_follows_from_verdict_and_promise() {
    let outcome = |text: &str| LockLoad::parse(text).unwrap().outcome();
    assert_eq!(outcome(LOCK_LOAD), Outcome::Caught);
    let held = LOCK_LOAD.replace("broken", "held");
    assert_eq!(outcome(&held), Outcome::NotCaught);
    assert_eq!(
        outcome(&held.replace("threads=2", "threads=1")),
        Outcome::Skip
    );
    assert_eq!(outcome(&held.replace("busted", "tas")), Outcome::Pass);
    assert_eq!(outcome(&LOCK_LOAD.replace("busted", "tas")), Outcome::Fail);
    let overtaken = sampled().replace("overtaken=0", "overtaken=1");
    assert_eq!(outcome(&sampled()), Outcome::Pass);
    let broken = overtaken.replace("fifo=held", "fifo=broken");
    assert_eq!(outcome(&broken), Outcome::Fail);
    let caught = Bottleneck::parse(BOTTLENECK).unwrap();
    assert_eq!(caught.outcome(), Outcome::Caught);
    assert_eq!(caught.wrongs(), "numbers 12, not 11; 3 stale");
    let cut = JOB_RUNNER.replace("cut_short=0 coverage=held", "cut_short=1 coverage=untested");
    let cut = JobRunner::parse(&cut).unwrap();
    assert_eq!(cut.outcome(), Outcome::CutShort);
}

/// Fails unless `check` accepts `text` and finds each of the edits.
fn assert_checked<R: Report>(text: &str, edits: &[(&str, &str)]) {
    R::parse(text).unwrap().check().unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        let report = R::parse(&text.replacen(from, to, 1)).unwrap();
        assert!(report.check().is_err(), "{to}");
    }
}

#[test]
fn check_finds_every_contradiction() {
    assert_checked::<LockLoad>(
        LOCK_LOAD,
        &[
            ("min=4", "min=3"),
            ("mean=6", "mean=7"),
            ("max=8", "max=9"),
            ("sections=12", "sections=13"),
            ("halts=0", "halts=1"),
            ("kicks=0", "kicks=1"),
            ("threads=2", "threads=3"),
            ("index=1", "index=0"),
            ("lost=3", "lost=0"),
            ("exclusion=broken", "exclusion=held"),
            ("elapsed_ns=50000000", "elapsed_ns=0"),
        ],
    );
    assert_checked::<LockLoad>(
        &sampled(),
        &[
            ("waits=5", "waits=6"),
            ("waits=3 overtaken=0", "waits=3 overtaken=1"),
            ("fifo=held", "fifo=broken"),
            ("holder_preempted count=1", "holder_preempted count=6"),
            ("long_waits cause=queueing count=0 ns=0\n", ""),
            ("holder_preempted count=1", "holder_preempted count=0"),
            ("count=1 ns=2000000", "count=1 ns=1999999"),
            ("begin_ns=500", "begin_ns=501"),
            ("queue_ns=499900", "queue_ns=499901"),
            ("own_ns=100", "own_ns=101"),
            ("cause=holder_preempted holder", "cause=queueing holder"),
            ("requested=1", "requested=0"),
            (
                "of=wait index=0 vcpu=0 count=3",
                "of=wait index=0 vcpu=0 count=4",
            ),
            ("0:1,896:2", "0:2,896:2"),
            ("longest_wait_ns=900", "longest_wait_ns=901"),
            (
                "count=8 longest_ns=220 buckets=216:8",
                "count=7 longest_ns=220 buckets=216:7",
            ),
            (
                "count=1 longest_ns=90 buckets=90:1",
                "count=3 longest_ns=90 buckets=90:3",
            ),
            ("of=handoff index=1", "of=handoff index=2"),
        ],
    );
    assert_checked::<SloppyCounter>(
        SLOPPY_COUNTER,
        &[
            ("adds=100", "adds=99"),
            ("sum=100", "sum=99"),
            ("read=64", "read=35"),
            ("truth=100", "truth=99"),
            ("samples=3", "samples=4"),
            ("broken=0", "broken=1"),
            ("total=held", "total=broken"),
            ("elapsed_ns=50000000", "elapsed_ns=0"),
        ],
    );
    assert_checked::<Bottleneck>(
        BOTTLENECK,
        &[
            ("ops=12", "ops=13"),
            ("min=4", "min=3"),
            ("max=8", "max=9"),
            ("wrong=4", "wrong=3"),
            ("verdict=broken", "verdict=held"),
            ("due=11", "due=12"),
            ("threads=2 run_ms", "threads=3 run_ms"),
            ("locks=2", "locks=3"),
            ("0:1,5:1", "0:1"),
            ("elapsed_ns=50000000", "elapsed_ns=0"),
        ],
    );
    assert_checked::<JobRunner>(
        JOB_RUNNER,
        &[
            ("workers=1", "workers=2"),
            ("chunks=2", "chunks=3"),
            ("once=10", "once=9"),
            ("missed=0", "missed=1"),
            ("items=10", "items=11"),
            ("coverage=held", "coverage=broken"),
            ("elapsed_ns=1000", "elapsed_ns=0"),
        ],
    );
}

#[test]
fn run_without_work_is_not_measured_in_text_and_json() {
    let idle = LOCK_LOAD
        .replace(
            "sections=12 min=4 mean=6 max=8",
            "sections=0 min=0 mean=0 max=0",
        )
        .replace("sections=4", "sections=0")
        .replace("sections=8", "sections=0");
    let idle = idle.replace("broken lost=3", "untested lost=0");
    for lock in ["busted", "tas", "empty"] {
        let report = LockLoad::parse(&idle.replace("busted", lock)).unwrap();
        assert_eq!(report.check(), Ok(()), "{lock}");
        assert_eq!(report.outcome(), Outcome::NotMeasured, "{lock}");
        let json = Record::new(0, report).to_judged_json();
        let end =
            r#","verdict":"NOT MEASURED","reason":"no unit of work was done; run it longer"}"#;
        assert!(json.ends_with(end), "{json}");
        assert!(Record::parse(&json).unwrap().report().is_some());
    }
}

#[test]
fn record_of_a_run_ends_in_its_verdict() {
    let of = |text: &str| Record::new(0, LockLoad::parse(text).unwrap()).to_judged_json();
    assert!(of(LOCK_LOAD).ends_with(r#","verdict":"PASS"}"#));
    assert!(of(LOCK_LOAD).starts_with(r#"{"schema":6,"seq":0,"module":"lock-load","run":4"#));
    let broken = of(&LOCK_LOAD.replace("busted", "tas"));
    assert!(
        broken.contains(r#""verdict":"FAIL","reason":"the oracle saw"#),
        "{broken}"
    );
}

#[test]
fn reads_that_nothing_audited_are_inconclusive() {
    let two = SLOPPY_COUNTER
        .replace("threads=1", "threads=2")
        .replace("samples=3", "samples=0");
    let lines = two.lines().filter(|line| !line.starts_with("bucket"));
    let lines = lines.chain(["thread index=1 vcpu=1 adds=0 moved=0", ""]);
    let text = lines.collect::<Vec<_>>().join("\n");
    let report = SloppyCounter::parse(&text).unwrap();
    assert_eq!(report.outcome(), Outcome::Inconclusive);
}

#[test]
fn random_jobs_are_the_work_of_a_check() {
    let text = JOB_RUNNER
        .replace("check=0", "check=3")
        .replace("once=10", "once=0")
        .replace("oracle jobs=0 sound=0", "oracle jobs=3 sound=3");
    let report = JobRunner::parse(&text).unwrap();
    assert_eq!((report.totals().work, report.outcome()), (3, Outcome::Pass));
}
