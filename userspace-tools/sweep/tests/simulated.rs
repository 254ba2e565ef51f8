// SPDX-License-Identifier: GPL-2.0

//! Experiments in the tier `sim`, with the real `vm` and the real simulator.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

const EXPERIMENT: &str = r#"
name = "t"
title = "a test"
repeats = 4

[guest]
vcpus = 8
cpus = "100-101"
tier = "sim"
boots = 2

[[part]]
name = "locks"
title = "Locks"
module = "lock-load"
fixed = { threads = 8, run_ms = 40 }
axes = { lock = ["ttas", "ticket", "mcs/halt"] }
expect = ["mcs/halt >= 1.5 * ticket"]

[[part.compare]]
figure = "gain"
text = "mcs/halt over ticket"
kind = "slice"
of = { lock = "mcs/halt" }
to = { lock = "ticket" }

[[part]]
name = "jobs"
title = "Jobs"
module = "job-runner"
axes = { policy = ["static", "padata"] }
expect = ["padata >= 1 * static"]
"#;

const ATLAS: &str = r#"
name = "atlas"
title = "a test"
repeats = 2

[guest]
vcpus = 8
ratio = [1, 4]
cpus = "0-7"
tier = "sim"
boots = 2

[[part]]
name = "atlas"
title = "Atlas"
module = "lock-load"
fixed = { threads = 8, run_ms = 10 }
regret = "lock"
axes = { lock = ["ttas", "ticket", "mcs/halt"], hold_ns = [200, 20000] }
"#;

const SLICES: &str = r#"
name = "slices"
title = "a test"
repeats = 2

[guest]
vcpus = 8
cpus = "0-1"
tier = "sim"
slice_us = [4000, 8000, 16000]
boots = 2

[[part]]
name = "storm"
title = "Storm"
module = "lock-load"
fixed = { threads = 8, run_ms = 400, histograms = "off" }
axes = { lock = ["ticket"] }

[[part.line]]
figure = "ticket"
text = "ticket"
kind = "slice"
quantity = "section_ns"
over = "slice_us"
of = { lock = "ticket" }
"#;

const EVENTS: &str = r#"
name = "events"
title = "a test"
repeats = 6

[guest]
vcpus = 2
cpus = "0"
tier = "sim"
boots = 6

[[part]]
name = "rare"
title = "Rare"
module = "lock-load"
fixed = { threads = 2, run_ms = 40, histograms = "off" }
axes = { lock = ["ticket"] }

[[part.compare]]
figure = "none"
text = "timeouts"
kind = "count"
quantity = "timeouts_per_hour"
of = { lock = "ticket" }
"#;

const TIERS: &str = r#"
name = "both"
title = "a test"
repeats = 6

[guest]
vcpus = 2
cpus = "0"
memory = 512
tier = ["tcg", "sim"]
boots = 6

[[part]]
name = "locks"
title = "Locks"
module = "lock-load"
fixed = { threads = 2, run_ms = 40, histograms = "off" }
axes = { lock = ["ticket", "mcs/halt"] }
expect = ["tier=sim >= 0.01 * tier=tcg"]

[[part.compare]]
figure = "error"
text = "ticket: simulated over measured"
kind = "slice"
of = { lock = "ticket", tier = "sim" }
to = { lock = "ticket", tier = "tcg" }
"#;

const PREDICTION: &str = r#"
name = "prediction"
title = "a test"
repeats = 3

[guest]
ratio = [1, 2]
cpus = "0"
memory = 512
tier = ["tcg", "sim"]
boots = 3

[[part]]
name = "locks"
title = "Locks"
module = "lock-load"
fixed = { threads = 1, run_ms = 40, histograms = "off" }
axes = { lock = ["ticket", "mcs/spin", "clh/spin"] }
predict = { ranks = "lock", held_out = [{ ratio = 2 }] }

[[part.except]]
of = { ratio = 2 }
set = { threads = 2 }
"#;

/// Stands in for `vm`, where a guest would boot: the report is of a run, if not of this one.
const MEASURED: &str = r#"#!/bin/sh
case $* in *"--tier sim"*) exec "$REAL_VM" "$@" ;; esac
while [ "$1" != -- ]; do
	case $1 in --record) record=$2 ;; --stdin) plan=$2 ;; esac
	shift
done
echo '{"tier": "tcg", "outcome": {"class": "exited", "status": 0}}' >"$record/record.json"
exec "${REAL_VM%/vm}/simulate" batch --cpus 1 --slice-us 1000 --host-tick-us 1000 <"$plan"
"#;

/// `sweep` of these words, with the tools beside it; its exit code and its output.
fn sweep(dir: &Path, words: &[&str]) -> (Option<i32>, String) {
    let sweep = env!("CARGO_BIN_EXE_sweep");
    for tool in ["vm", "simulate"] {
        let tool = Path::new(sweep).with_file_name(tool);
        let next = "Try: cargo build -p vm -p simulate";
        assert!(tool.is_file(), "{} is missing. {next}", tool.display());
    }
    let mut command = Command::new(sweep);
    command.args(words).current_dir(dir);
    command.env("TOOLBOX", "none").env("SLOWPATH_RESULTS", dir);
    let measured = dir.join("measured");
    if measured.is_file() {
        command.env("SLOWPATH_VM", measured);
        command.env("REAL_VM", Path::new(sweep).with_file_name("vm"));
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(!text.is_empty(), "{messages}");
    (output.status.code(), text)
}

/// From now on, [`MEASURED`] is in place of guests.
fn stand_in_for_guests(dir: &Path) {
    let vm = dir.join("measured");
    fs::write(&vm, MEASURED).unwrap();
    fs::set_permissions(&vm, PermissionsExt::from_mode(0o755)).unwrap();
}

/// The result directory of `text`, and what was printed.
fn run(dir: &Path, text: &str) -> (PathBuf, String) {
    fs::write(dir.join("t.toml"), text).unwrap();
    let (code, text) = sweep(dir, &["run", "--report", "--seed", "5", "t.toml"]);
    assert_eq!(code, Some(0), "{text}");
    (fs::canonicalize(dir.join("latest")).unwrap(), text)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Line and report of each run; when it came is the host's time.
fn records(result: &Path) -> Vec<String> {
    let text = fs::read_to_string(result.join("runs.jsonl")).unwrap();
    let records = text.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        record["at_ms"] = 0.into();
        record.to_string()
    });
    records.collect()
}

#[test]
fn figures_are_labelled_and_other_modules_are_skipped_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let (result, text) = run(dir.path(), EXPERIMENT);
    const LABEL: &str = "simulated (costs: default)";
    for expected in [
        &format!("(slice, {LABEL})"),
        &format!("{LABEL}; eevdf with slices of 2.8 ms; the seed is the number of the boot"),
        "8 vCPUs on 2 simulated CPUs (100-101)",
        "SKIP: tier sim: job-runner is not simulated",
    ] {
        assert!(text.contains(expected), "no `{expected}` in {text}");
    }
    assert!(!text.contains("NOT MEASURED"), "{text}");
    let page = fs::read_to_string(result.join("report.html")).unwrap();
    assert!(page.contains(LABEL), "no label in the page");
    let gain = &json(&result.join("figures.json"))["gain"];
    let label = ["kind", "tier", "costs"].map(|key| gain[key].as_str());
    assert_eq!(
        label,
        [Some("slice"), Some("sim"), Some("default")],
        "{gain}"
    );
    let machine = &json(&result.join("provenance.json"))["boots"][1]["vm"]["simulated"];
    assert_eq!(
        (&machine["seed"], &machine["policy"]),
        (&2.into(), &"eevdf".into())
    );
    let latest = result.display().to_string();
    let (_, csv) = sweep(dir.path(), &["csv", &latest]);
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let at = |key| head.iter().position(|name| *name == key).unwrap();
    assert!(lines.all(|row| (row[at("tier")], row[at("costs")]) == ("sim", "default")));
    let (_, ktap) = sweep(dir.path(), &["show", "--json", &latest]);
    let shown: Value = serde_json::from_str(&ktap).unwrap();
    let cell = &shown["parts"][0]["cells"][0];
    assert_eq!(
        (&cell["tier"], &cell["costs"]),
        (&"sim".into(), &"default".into())
    );
}

/// A ticket lock has no timeout, of which a quarter of a second is no proof: 3.69 in that time (95 %, two sides).
#[test]
fn rate_of_what_never_happened_has_an_interval() {
    let dir = tempfile::tempdir().unwrap();
    let (result, _) = run(dir.path(), EVENTS);
    let none = &json(&result.join("figures.json"))["none"];
    let high = none["interval"][1].as_f64().unwrap();
    let runs = fs::read_to_string(result.join("runs.jsonl")).unwrap();
    let elapsed = runs.lines().map(|line| {
        let run: Value = serde_json::from_str(line).unwrap();
        run["sum"]["elapsed_ns"].as_f64().unwrap() / 3.6e12
    });
    let hours: f64 = elapsed.sum();
    assert_eq!(
        (&none["value"], &none["interval"][0]),
        (&0.0.into(), &0.0.into())
    );
    assert!((high * hours - 3.689).abs() < 0.01, "{none}");
}

#[test]
fn plan_and_seeds_are_a_result_whatever_the_order_and_an_interruption() {
    let dir = tempfile::tempdir().unwrap();
    let (first, _) = run(dir.path(), EXPERIMENT);
    let expected = records(&first);
    let boots = |boot: usize| {
        let mine = expected
            .iter()
            .map(|record| serde_json::from_str::<Value>(record).unwrap());
        let mine = mine.filter(move |record| record["boot"] == boot);
        mine.map(|record| record["sum"]["sections"].as_u64())
            .collect::<Vec<_>>()
    };
    assert_ne!(boots(1), boots(2), "a boot is a seed");
    let again = tempfile::tempdir().unwrap();
    assert_eq!(records(&run(again.path(), EXPERIMENT).0), expected);

    // As if it had been interrupted in the second boot.
    let runs = first.join("runs.jsonl");
    let text = fs::read_to_string(&runs).unwrap();
    let part: Vec<&str> = text.split_inclusive('\n').take(8).collect();
    fs::write(&runs, part.concat()).unwrap();
    fs::write(first.join("INCOMPLETE"), "interrupted").unwrap();
    let resumed = first.display().to_string();
    let (code, text) = sweep(dir.path(), &["run", "--resume", &resumed]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(records(&first), expected);

    let bundle = dir.path().join("t.tar.gz").display().to_string();
    sweep(dir.path(), &["bundle", &resumed, "--out", &bundle]);
    let (_, text) = sweep(again.path(), &["rerun", &bundle]);
    assert!(text.contains("differs  nothing else"), "{text}");
    let rerun = fs::canonicalize(again.path().join("latest")).unwrap();
    assert_eq!(records(&rerun), expected);
}

#[test]
fn ratio_of_a_simulated_side_and_a_measured_one_names_both_tiers() {
    let dir = tempfile::tempdir().unwrap();
    stand_in_for_guests(dir.path());
    let (result, text) = run(dir.path(), TIERS);
    const BOTH: &str = "simulated (costs: default) and tcg";
    assert!(text.contains(&format!("(slice, {BOTH})")), "{text}");
    let rules = text.lines().filter(|line| line.contains("expect tier=sim"));
    assert!(
        rules.clone().count() == 2 && rules.clone().all(|line| line.contains(BOTH)),
        "{text}"
    );
    let error = &json(&result.join("figures.json"))["error"];
    let label = ["tier", "beside", "costs"].map(|key| error[key].as_str());
    assert_eq!(
        label,
        [Some("sim"), Some("tcg"), Some("default")],
        "{error}"
    );
    let page = fs::read_to_string(result.join("report.html")).unwrap();
    assert!(page.contains(BOTH), "no label in the page");
}

/// Two ratios and two sections are four points, each with the loss of three locks in three maps, and one best.
#[test]
fn atlas_is_drawn_as_maps_of_the_best_and_of_what_each_loses() {
    let dir = tempfile::tempdir().unwrap();
    let (result, _) = run(dir.path(), ATLAS);
    let page = fs::read_to_string(result.join("report.html")).unwrap();
    let (best, losses) = page.split_once("<h3>Regret").unwrap();
    assert!(best.contains("<h3>Best lock"), "{best}");
    assert_eq!(best.matches("class=\"heat\"").count(), 4);
    assert_eq!(losses.matches("class=\"loss\"").count(), 3 * 4 * 3);
    for map in ["p99.9 wait, over the shortest", "Unfairness"] {
        assert!(losses.contains(&format!("<h3>{map}")), "no {map}");
    }
    assert!(!page.contains(">NaN") && !page.contains(">inf"));
    // A ticket lock at four vCPUs to a CPU is what the atlas is to show: the worst row, far from the best.
    let rows: Vec<&str> = losses
        .split("<h3>")
        .next()
        .unwrap()
        .split("data-tip=\"")
        .collect();
    let of = |lock: &str| {
        let mine = rows
            .iter()
            .filter(|row| row.starts_with(lock) && row.contains("4x, hold_ns 200\n"));
        let factor = mine.map(|row| row.split('\n').nth(2).unwrap().split('x').next().unwrap());
        factor.last().unwrap().to_string()
    };
    assert_eq!(
        [of("ttas"), of("mcs/halt")]
            .iter()
            .filter(|of| *of == "1.00")
            .count(),
        1
    );
    assert!(of("ticket").ends_with('k') || of("ticket").parse::<f64>().unwrap() > 5.0);
}

#[test]
fn slice_of_a_simulated_hypervisor_is_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let (result, text) = run(dir.path(), SLICES);
    assert!(!text.contains("NOT MEASURED"), "{text}");
    assert!(
        text.contains("eevdf with slices of 4.0 ms, 8.0 ms, 16.0 ms"),
        "{text}"
    );
    let slope = &json(&result.join("figures.json"))["ticket.slope"];
    assert_eq!(slope["tier"], "sim");
    assert!(slope["value"].as_f64().unwrap() > 0.1, "{slope}");
}

#[test]
fn prediction_is_judged_by_the_cells_that_were_held_out() {
    let dir = tempfile::tempdir().unwrap();
    stand_in_for_guests(dir.path());
    let (result, text) = run(dir.path(), PREDICTION);
    const BOTH: &str = "simulated (costs: default) and tcg";
    for expected in [
        "median factor, held out: ",
        "Kendall's tau, held out: ",
        "of 3 boots",
        BOTH,
    ] {
        assert!(text.contains(expected), "no `{expected}` in {text}");
    }
    let latest = result.display().to_string();
    let (_, shown) = sweep(dir.path(), &["show", "--json", &latest]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let rows = shown["parts"][0]["prediction"]["rows"].as_array().unwrap();
    let held = |row: &&Value| row["held_out"] == true;
    assert_eq!((rows.len(), rows.iter().filter(held).count()), (6, 3));
    // The stand-in is the same simulator with ticks and slices of 1 ms: alone, nothing differs.
    let alone = rows.iter().filter(|row| row["held_out"] == false);
    for row in alone {
        let (simulated, measured) = (&row["simulated"], &row["measured"][0]);
        let ratio = simulated.as_f64().unwrap() / measured.as_f64().unwrap();
        assert!((0.98..1.02).contains(&ratio), "{row}");
    }
    let figures = json(&result.join("figures.json"));
    let factor = &figures["prediction.factor"];
    assert!(factor["value"].as_f64().unwrap() > 1.1, "{factor}");
    assert_eq!(factor["kind"], "slice");
    assert_eq!(
        (&factor["tier"], &factor["beside"]),
        (&"sim".into(), &"tcg".into())
    );
    assert!(
        figures["prediction.fitted_factor"]["value"]
            .as_f64()
            .unwrap()
            < 1.02
    );
    assert!(figures["prediction.tau"]["value"].as_f64().is_some());
}

#[test]
fn calibration_by_simulated_guests_writes_their_costs() {
    let dir = tempfile::tempdir().unwrap();
    let experiment = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scripts/experiments/calibrate.toml"
    );
    let text = fs::read_to_string(experiment).unwrap();
    let text = text
        .replace("\"all\"", "\"0-1\"")
        .replace("rounds = 2000", "rounds = 100");
    fs::write(dir.path().join("calibrate.toml"), text).unwrap();
    let costs = ["--experiment", "calibrate.toml", "--costs", "."];
    let words = ["calibrate", "--tier", "sim", "--name", "found"];
    let (code, printed) = sweep(dir.path(), &[&words[..], &costs[..], &["--print"]].concat());
    assert_eq!(code, Some(0), "{printed}");
    assert!(
        !dir.path().join("found.toml").exists(),
        "it was to be printed"
    );
    let found: toml::Table = printed.parse().unwrap();
    for (name, ns) in [
        ("hit", 1),
        ("rmw", 6),
        ("near", 50),
        ("pause", 45),
        ("stamp", 8),
    ] {
        assert_eq!(found[name].as_integer(), Some(ns), "{printed}");
    }
    for part in [
        "tier sim",
        "3 boots",
        "kicks by hypercall",
        "# hit 1.0 to 1.0",
    ] {
        assert!(printed.contains(part), "no `{part}` in {printed}");
    }
}
