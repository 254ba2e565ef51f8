// SPDX-License-Identifier: GPL-2.0

//! Causes of long waits against the host's log of injected preemptions: `sweep show` of a result whose runs
//! and log are written here.

use std::{fs, path::Path, process::Command};

use abi::lock_load::Cause;
use results::{LockLoad, Record, Report};
use serde_json::{json, Value};

const PROVENANCE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../results/tests/fixtures/schema-3/result/provenance.json"
);

const EXPERIMENT: &str = r#"
name = "attribution"
title = "a test"
repeats = 16
guest = { vcpus = 2, cpus = "all", memory = 256, tier = "tcg", preempt = "holder", boots = 2 }

[[part]]
name = "why"
title = "Causes"
module = "lock-load"
axes = { lock = ["ticket"], preempt = ["holder"], preempt_ms = [50, 100] }
line = [{ figure = "stop", text = "over the stop", quantity = "wait_max", kind = "slice", over = "preempt_ms", of = { lock = "ticket" } }]
"#;

/// A run of two threads in which the holder, thread 0, is stopped for `ms`, and thread 1 waits for a little
/// longer.
fn run(seq: usize, ms: u64, given: Cause) -> Value {
    let ns = ms * 1_000_000 + 300_000;
    let part = |cause| if given == cause { ns } else { 0 };
    let sums = Cause::ALL.iter().map(|&cause| {
        let count = u64::from(cause == given);
        format!("long_waits cause={cause} count={count} ns={}\n", count * ns)
    });
    let text = format!(
        "lock-load schema={schema} run=4
config lock=ticket threads=2 hold_ns=1000 idle_ns=1000 readers_pct=0 run_ms=150 kick=auto mode=any load=contest \
rounds=10000 stutter_ms=0 shuffle_ms=0 onoff_ms=0 long_hold_ms=0 long_hold_every_ms=100 nested=1 acquire=lock \
irqs=on boost_ms=0 threshold=4096 backoff=64 overtakes=9 timeout_us=250000 histograms=on long_us={long_us} \
preempt=holder preempt_ms={ms} preempt_every_ms=200
sum elapsed_ns=150000000 sections=12 min=4 mean=6 max=8 halts=0 kicks=0 exclusion=held lost=0
machine hypervisor=other kernel_lock=test-and-set mode=tas kick=ipi loops_per_us=320 lost_time=gaps
torture pauses=0 paused_ns=0 shuffles=0 offline=0 refused=0 long_holds=0 boosts=0
thread index=0 vcpu=0 sections=4 halts=0 kicks=0 moved=0 queued_ns=0
thread index=1 vcpu=1 sections=8 halts=0 kicks=0 moved=0 queued_ns=0
thread_waits index=0 vcpu=0 waits=0 overtaken=0 longest_wait_ns=0 longest_run=2 lost_ns=0
thread_waits index=1 vcpu=1 waits=1 overtaken=0 longest_wait_ns={ns} longest_run=5 lost_ns=0
order fifo=held waits=1 overtaken=0 tolerance_ns=1000
cpu_time cpu_ns=98500000 lost_ns=1500000
{sums}long_wait thread=1 vcpu=1 begin_ns=1000000 end_ns={end} cause={given} holder_ns={holder} predecessor_ns=0 \
own_ns=0 queue_ns={queue}
histogram of=wait index=0 vcpu=0 count=3 longest_ns=0 buckets=0:3
histogram of=hold index=0 vcpu=0 count=3 longest_ns=220 buckets=216:3
histogram of=handoff index=0 vcpu=0 count=0 longest_ns=0 buckets=
histogram of=wait index=1 vcpu=1 count=8 longest_ns={ns} buckets=0:7,{bucket}:1
histogram of=hold index=1 vcpu=1 count=8 longest_ns=220 buckets=216:8
histogram of=handoff index=1 vcpu=1 count=0 longest_ns=0 buckets=
injected victim=holder requested=1 seen=1
injection vcpu=0 at_ns=1000000 left_ns={end}
",
        end = ns + 1_000_000,
        holder = part(Cause::HolderPreempted),
        queue = part(Cause::Queueing),
        schema = abi::SCHEMA,
        long_us = ms * 500,
        sums = sums.collect::<String>(),
        bucket = ns >> (ns.ilog2() - abi::histogram::SUB_BITS) << (ns.ilog2() - abi::histogram::SUB_BITS),
    );
    let report = LockLoad::parse(&text).unwrap();
    assert_eq!(report.check(), Ok(()));
    serde_json::to_value(Record::new(seq, report)).unwrap()
}

/// The length of the stop of the nth run.
fn length(n: usize) -> u64 {
    [50, 100][n % 2]
}

/// Runs in each of two boots.
const RUNS: usize = 16;

/// A result of two boots, the causes of whose waits are `given`; the hosts' logs lack the first `missing` stops.
fn result(dir: &Path, given: fn(usize) -> Cause, missing: usize) {
    let mut provenance: Value =
        serde_json::from_str(&fs::read_to_string(PROVENANCE).unwrap()).unwrap();
    let stops = (missing..RUNS).map(|n| {
        json!({ "vcpu": 0, "ms": length(n), "requested_us": 100, "outcome": "served",
            "began_us": 300, "ended_us": 350 + length(n) * 1000 })
    });
    let stops: Vec<Value> = stops.collect();
    let guest = provenance["boots"][0]["guest"].clone();
    let boots = [1, 2].map(|number| {
        json!({ "number": number, "guest": guest, "command": [], "seconds": 1.0, "vm": {
            "tier": "tcg", "outcome": { "class": "exited", "status": 0 }, "preemption_log": stops,
        } })
    });
    provenance["boots"] = json!(boots);
    let lines = (0..2 * RUNS).map(|n| {
        let mut line = run(n, length(n), given(n));
        (line["boot"], line["repeat"]) = ((n / RUNS + 1).into(), (n / 2 + 1).into());
        line["part"] = "why".into();
        line["line"] = "".into();
        format!("{line}\n")
    });
    fs::write(dir.join("experiment.toml"), EXPERIMENT).unwrap();
    fs::write(dir.join("provenance.json"), provenance.to_string()).unwrap();
    fs::write(dir.join("runs.jsonl"), lines.collect::<String>()).unwrap();
}

/// What `sweep show` prints of it, as text and as JSON.
fn show(given: fn(usize) -> Cause, missing: usize) -> (String, Value) {
    let dir = tempfile::tempdir().unwrap();
    result(dir.path(), given, missing);
    let show = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
        let out = command.arg("show").arg(dir.path()).args(more).output();
        String::from_utf8(out.unwrap().stdout).unwrap()
    };
    (show(&[]), serde_json::from_str(&show(&["--json"])).unwrap())
}

/// In the second boot the module misses half of the stops.
fn half_in_boot_2(n: usize) -> Cause {
    match n >= RUNS && n % 2 == 0 {
        true => Cause::Queueing,
        false => Cause::HolderPreempted,
    }
}

#[test]
fn matrix_has_a_row_for_each_length_and_figures_are_of_boots() {
    let (text, json) = show(half_in_boot_2, 0);
    let rows = [
        "holder_preempted 50 8 0 0 8 0.500",
        "holder_preempted 100 16 0 0 0 1.000",
    ];
    let words = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = words.collect();
    for row in rows {
        assert!(
            lines.iter().any(|line| line == row),
            "no `{row}` in:\n{text}"
        );
    }
    assert!(
        text.contains("0 long waits of unknown true cause"),
        "{text}"
    );
    assert!(
        text.contains("waiter_stolen: precision NOT MEASURED (no wait in boot 1"),
        "{text}"
    );
    let figures = &json["figures"];
    assert_eq!(figures["why.holder.recall"]["value"], 0.75, "{figures:#}");
    // 24 waits are too few to estimate it.
    assert_eq!(figures.get("why.holder.precision"), None);
    assert_eq!(figures["why.holder.waits"]["value"], 32.0);
    assert_eq!(
        figures.get("why.waiter.recall"),
        None,
        "no waiter was stopped"
    );
    let matrix = json!([
        { "true_cause": "holder_preempted", "given": "holder_preempted", "count": 24 },
        { "true_cause": "holder_preempted", "given": "queueing", "count": 8 },
    ]);
    assert_eq!(json["parts"][0]["attribution"]["matrix"], matrix);
}

/// Each wait is 0.3 ms longer than the stop that it waits for.
#[test]
fn longest_wait_over_the_length_of_stops_is_a_line() {
    let (text, json) = show(|_| Cause::HolderPreempted, 0);
    let line = "over the stop: 1.00 [1.00, 1.00] * preempt_ms + 300k [300k, 300k] ns, of 2 rounds at 2 values \
                (slice, tier tcg)";
    assert!(text.contains(line), "no `{line}` in:\n{text}");
    let figures = &json["figures"];
    for (name, due) in [("stop.slope", 1.0), ("stop.intercept", 300_000.0)] {
        let value = figures[name]["value"].as_f64().unwrap();
        assert!((value - due).abs() < 1e-6 * due, "{name}: {value}");
    }
    let (text, json) = show(|_| Cause::HolderPreempted, RUNS);
    let why = "over the stop: NOT MEASURED: preempt_ms was not in force (50.0 ms set, none recorded; 100.0 ms set";
    assert!(text.contains(why), "no `{why}` in:\n{text}");
    assert_eq!(json["figures"].get("stop.slope"), None);
}

#[test]
fn nothing_is_measured_if_the_log_lacks_a_stop() {
    let (text, json) = show(|_| Cause::HolderPreempted, 1);
    let why = "boot 1: the host's log has fewer stops than the runs requested";
    assert!(text.contains(&format!("NOT MEASURED: {why}")), "{text}");
    assert_eq!(json["parts"][0]["attribution"]["not_measured"], why);
    assert_eq!(json["figures"].get("why.holder.recall"), None);
    assert_eq!(json["figures"].get("why.holder.waits"), None);
}
