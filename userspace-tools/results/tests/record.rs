// SPDX-License-Identifier: GPL-2.0

//! Records in JSON, byte by byte.

use abi::Malformed;
use results::{AnyReport, Bottleneck, JobRunner, LockLoad, Outcome, Record, Report, SloppyCounter};

const LOCK_LOAD: &str = "lock-load schema=4 run=4
config lock=busted threads=2 hold_ns=200 idle_ns=0 run_ms=50 kick=auto mode=any load=contest rounds=10000 \
stutter_ms=0 shuffle_ms=0 onoff_ms=0 long_hold_ms=0 long_hold_every_ms=100 nested=1 acquire=lock \
irqs=on boost_ms=0 threshold=4096 backoff=64 overtakes=9 histograms=off long_us=1000 \
preempt=none preempt_ms=20 preempt_every_ms=100
sum elapsed_ns=50000000 sections=12 min=4 mean=6 max=8 halts=0 kicks=0 exclusion=broken lost=3
machine kernel_lock=test-and-set mode=tas kick=ipi loops_per_us=320 lost_time=gaps
torture pauses=0 paused_ns=0 shuffles=0 offline=0 refused=0 long_holds=0 boosts=0
thread index=0 vcpu=0 sections=4 halts=0 kicks=0 moved=0 queued_ns=0
thread index=1 vcpu=1 sections=8 halts=0 kicks=0 moved=0 queued_ns=0
";

const SLOPPY_COUNTER: &str = "sloppy-counter schema=4 run=1
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

const BOTTLENECK: &str = "bottleneck schema=4 run=3
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

const JOB_RUNNER: &str = "job-runner schema=4 run=2
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

/// The record of a report; it reads back as it was.
fn record<R: Report + Into<AnyReport>>(text: &str) -> String {
    let record = Record::new(7, R::parse(text).unwrap());
    let json = record.to_json();
    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    json
}

#[test]
fn lock_load_record_is_stable() {
    assert_eq!(
        record::<LockLoad>(LOCK_LOAD),
        concat!(
            r#"{"schema":4,"seq":7,"module":"lock-load","run":4,"#,
            r#""config":{"lock":"busted","threads":2,"hold_ns":200,"idle_ns":0,"run_ms":50,"#,
            r#""kick":"auto","mode":"any","load":"contest","rounds":10000,"#,
            r#""stutter_ms":0,"shuffle_ms":0,"onoff_ms":0,"long_hold_ms":0,"#,
            r#""long_hold_every_ms":100,"nested":1,"acquire":"lock","irqs":"on","boost_ms":0,"#,
            r#""threshold":4096,"backoff":64,"overtakes":9,"#,
            r#""histograms":"off","long_us":1000,"preempt":"none","preempt_ms":20,"#,
            r#""preempt_every_ms":100},"#,
            r#""sum":{"elapsed_ns":50000000,"sections":12,"min":4,"mean":6,"max":8,"halts":0,"#,
            r#""kicks":0,"exclusion":"broken","lost":3},"#,
            r#""machine":{"kernel_lock":"test-and-set","mode":"tas","kick":"ipi","loops_per_us":320,"#,
            r#""lost_time":"gaps"},"#,
            r#""torture":{"pauses":0,"paused_ns":0,"shuffles":0,"offline":0,"refused":0,"#,
            r#""long_holds":0,"boosts":0},"#,
            r#""threads":[{"index":0,"vcpu":0,"sections":4,"halts":0,"kicks":0,"moved":0,"queued_ns":0},"#,
            r#"{"index":1,"vcpu":1,"sections":8,"halts":0,"kicks":0,"moved":0,"queued_ns":0}],"events":[]}"#
        )
    );
}

/// What follows in a run with instruments.
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
histogram of=wait index=0 vcpu=0 count=3 longest_ns=900 buckets=0:1,896:2
histogram of=hold index=0 vcpu=0 count=3 longest_ns=220 buckets=216:3
histogram of=handoff index=0 vcpu=0 count=1 longest_ns=90 buckets=90:1
histogram of=wait index=1 vcpu=1 count=8 longest_ns=2000000 buckets=0:5,896:2,1966080:1
histogram of=hold index=1 vcpu=1 count=8 longest_ns=220 buckets=216:8
histogram of=handoff index=1 vcpu=1 count=0 longest_ns=0 buckets=
injected victim=holder requested=1 seen=1
";

fn sampled() -> String {
    let ticket = LOCK_LOAD.replace("busted", "ticket");
    let held = ticket.replace("broken lost=3", "held lost=0");
    held.replace("histograms=off", "histograms=on") + SAMPLES
}

#[test]
fn lock_load_record_with_histograms_is_stable() {
    let record = record::<LockLoad>(&sampled());
    let (_, rest) = record.split_once("}],\"events\":").unwrap();
    let expected = concat!(
        r#"[{"name":"halts","count":0},{"name":"lock_slowpath","count":5}],"#,
        r#""thread_waits":[{"index":0,"vcpu":0,"waits":2,"overtaken":0,"longest_wait_ns":900,"#,
        r#""longest_run":2,"lost_ns":0},{"index":1,"vcpu":1,"waits":3,"overtaken":0,"#,
        r#""longest_wait_ns":2000000,"longest_run":5,"lost_ns":1500000}],"#,
        r#""order":{"fifo":"held","waits":5,"overtaken":0,"tolerance_ns":1000},"#,
        r#""cpu_time":{"cpu_ns":98500000,"lost_ns":1500000},"#,
        r#""long_waits":[{"cause":"holder_preempted","count":1,"ns":2000000},"#,
        r#"{"cause":"predecessor_preempted","count":0,"ns":0},"#,
        r#"{"cause":"waiter_stolen","count":0,"ns":0},{"cause":"queueing","count":0,"ns":0}],"#,
        r#""histograms":[{"of":"wait","index":0,"vcpu":0,"count":3,"longest_ns":900,"#,
        r#""buckets":[[0,1],[896,2]]},"#,
        r#"{"of":"hold","index":0,"vcpu":0,"count":3,"longest_ns":220,"buckets":[[216,3]]},"#,
        r#"{"of":"handoff","index":0,"vcpu":0,"count":1,"longest_ns":90,"buckets":[[90,1]]},"#,
        r#"{"of":"wait","index":1,"vcpu":1,"count":8,"longest_ns":2000000,"#,
        r#""buckets":[[0,5],[896,2],[1966080,1]]},"#,
        r#"{"of":"hold","index":1,"vcpu":1,"count":8,"longest_ns":220,"buckets":[[216,8]]},"#,
        r#"{"of":"handoff","index":1,"vcpu":1,"count":0,"longest_ns":0,"buckets":[]}],"#,
        r#""injected":{"victim":"holder","requested":1,"seen":1}}"#
    );
    assert_eq!(rest, expected);
}

#[test]
fn broken_order_is_a_failure() {
    let held = LockLoad::parse(&sampled()).unwrap();
    assert_eq!(held.outcome(), Outcome::Pass);
    let text = sampled()
        .replace("overtaken=0", "overtaken=1")
        .replace("fifo=held", "fifo=broken");
    assert_eq!(LockLoad::parse(&text).unwrap().outcome(), Outcome::Fail);
}

#[test]
fn check_finds_every_contradiction_of_the_samples() {
    LockLoad::parse(&sampled()).unwrap().check().unwrap();
    for (from, to) in [
        ("waits=5", "waits=6"),
        ("waits=3 overtaken=0", "waits=3 overtaken=1"),
        ("fifo=held", "fifo=broken"),
        ("holder_preempted count=1", "holder_preempted count=6"),
        ("long_waits cause=queueing count=0 ns=0\n", ""),
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
    ] {
        let text = sampled();
        assert!(text.contains(from), "{from}");
        let report = LockLoad::parse(&text.replacen(from, to, 1)).unwrap();
        assert!(report.check().is_err(), "{to}");
    }
}

#[test]
fn line_of_another_report_is_malformed() {
    let text = LOCK_LOAD.to_owned() + "worker index=0\n";
    assert_eq!(LockLoad::parse(&text), Err(Malformed("report")));
}

#[test]
fn sloppy_counter_record_is_stable() {
    let text = record::<SloppyCounter>(SLOPPY_COUNTER);
    for part in [
        r#"{"schema":4,"seq":7,"module":"sloppy-counter","run":1,"config":{"counter":"sloppy","#,
        r#""sum":{"elapsed_ns":50000000,"adds":100,"truth":100,"sum":100,"read":64,"bound":64,"#,
        r#""total":"held"},"speed":{"busy_ns":9,"#,
        r#"},"audit":{"samples":3,"broken":0,"worst":36,"#,
        r#"},"memory":{"bytes":40,"per_vcpu":8,"vcpus":1,"#,
        r#""buckets":[{"of":"error","from":0,"count":2},{"of":"error","from":36,"count":1},{"of"#,
        r#""lanes":[{"vcpu":0,"held":36}],"#,
        r#""threads":[{"index":0,"vcpu":0,"adds":100,"moved":0}]}"#,
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(!text.contains(r#""check""#), "{text}");
    let negative = SLOPPY_COUNTER.replace("read=64", "read=-64");
    assert!(record::<SloppyCounter>(&negative).contains(r#""read":-64,"#));
}

#[test]
fn bottleneck_record_is_stable() {
    let text = record::<Bottleneck>(BOTTLENECK);
    for part in [
        r#"{"schema":4,"seq":7,"module":"bottleneck","run":3,"config":{"case":"ids","#,
        r#""sum":{"elapsed_ns":50000000,"case":"ids","variant":"busted","lock":"ticket","threads":2,"#,
        r#""ops":12,"min":4,"max":8,"wrong":4,"verdict":"broken"},"#,
        r#""cpu_time":{"cpu_ns":70,"lost_ns":20,"lost_time":"gaps"},"#,
        r#""findings":[{"name":"numbers","seen":12,"due":11},{"name":"stale","seen":3,"due":0}],"#,
        r#""histograms":[{"of":"wait","index":0,"vcpu":0,"count":2,"longest_ns":5,"#,
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    let report = Bottleneck::parse(BOTTLENECK).unwrap();
    assert_eq!(report.check(), Ok(()));
    assert_eq!(report.outcome(), Outcome::Caught);
    assert_eq!(report.wrongs(), "numbers 12, not 11; 3 stale");
}

#[test]
fn job_runner_record_is_stable() {
    assert_eq!(
        record::<JobRunner>(JOB_RUNNER),
        concat!(
            r#"{"schema":4,"seq":7,"module":"job-runner","run":2,"config":{"policy":"padata","#,
            r#""job":"spin","start":0,"size":10,"align":1,"min_chunk":1,"max_threads":2,"#,
            r#""work_ns":9,"limit_ms":5,"per_worker":4,"burst":1,"fail_at":1000,"undo":"off","nice":19,"#,
            r#""cap":0,"cpus":"all","nodes":1,"spill":"on","helpers":80,"deny":0,"begin":"wake","#,
            r#""callers":1,"nested":"off","check":0,"seed":1,"trace":"on","plain":"off"},"#,
            r#""sum":{"elapsed_ns":1000,"workers":1,"chunks":2,"once":10,"missed":0,"repeated":0,"#,
            r#""cut_short":0,"coverage":"held"},"timing":{"ended":"done","first_ns":1,"last_ns":2,"#,
            r#""tail_ns":3,"wanted":1,"helpers":0,"most_helpers":0,"undone":0,"disorder":0,"#,
            r#""undo_ns":0,"total":0,"expected":0,"plain_ns":0},"fault":{"errno":0,"#,
            r#""index":0,"chunk_start":0,"chunk_end":0,"worker":0},"oracle":{"jobs":0,"sound":0,"#,
            r#""failed":0,"cancelled":0,"late":0,"undid":0},"workers":[{"index":0,"vcpu":0,"#,
            r#""node":0,"chunks":2,"items":10,"start_ns":4,"busy_ns":900,"handout_ns":5,"#,
            r#""take_ns":4,"look_ns":3,"stalls":0,"stalled_ns":0,"#,
            r#""idle_ns":6,"asleep_ns":0,"lost_ns":7,"cpu_ns":8,"steals":0,"moved":0,"absent":0}],"#,
            r#""chunks":[{"worker":0,"start":0,"end":10,"from_ns":1,"to_ns":9}]}"#
        )
    );
}

#[test]
fn failure_record_is_stable() {
    assert_eq!(
        Record::failure(3, "lock-load", "no \"such\" thing").to_json(),
        r#"{"schema":4,"seq":3,"module":"lock-load","error":"no \"such\" thing"}"#
    );
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
    let cut = JOB_RUNNER.replace("cut_short=0 coverage=held", "cut_short=1 coverage=untested");
    let cut = JobRunner::parse(&cut).unwrap();
    assert_eq!(cut.outcome(), Outcome::CutShort);
}

#[test]
fn check_finds_every_contradiction() {
    fn check<R: Report>(text: &str, from: &str, to: &str) -> bool {
        assert!(text.contains(from));
        R::parse(text).unwrap().check().unwrap();
        let report = R::parse(&text.replacen(from, to, 1)).unwrap();
        report.check().is_err()
    }
    for (from, to) in [
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
    ] {
        assert!(check::<LockLoad>(LOCK_LOAD, from, to), "{to}");
    }
    for (from, to) in [
        ("adds=100", "adds=99"),
        ("sum=100", "sum=99"),
        ("read=64", "read=35"),
        ("truth=100", "truth=99"),
        ("samples=3", "samples=4"),
        ("broken=0", "broken=1"),
        ("total=held", "total=broken"),
    ] {
        assert!(check::<SloppyCounter>(SLOPPY_COUNTER, from, to), "{to}");
    }
    for (from, to) in [
        ("ops=12", "ops=13"),
        ("min=4", "min=3"),
        ("max=8", "max=9"),
        ("wrong=4", "wrong=3"),
        ("verdict=broken", "verdict=held"),
        ("due=11", "due=12"),
        ("threads=2 run_ms", "threads=3 run_ms"),
        ("locks=2", "locks=3"),
        ("0:1,5:1", "0:1"),
    ] {
        assert!(check::<Bottleneck>(BOTTLENECK, from, to), "{to}");
    }
    for (from, to) in [
        ("workers=1", "workers=2"),
        ("chunks=2", "chunks=3"),
        ("once=10", "once=9"),
        ("missed=0", "missed=1"),
        ("max_threads=2", "max_threads=0"),
        ("items=10", "items=11"),
        ("coverage=held", "coverage=broken"),
    ] {
        if to == "max_threads=0" {
            // Out of the range of the setting: not even a report.
            let text = JOB_RUNNER.replace(from, to);
            assert_eq!(JobRunner::parse(&text), Err(Malformed("config")));
            continue;
        }
        assert!(check::<JobRunner>(JOB_RUNNER, from, to), "{to}");
    }
}
