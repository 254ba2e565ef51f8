// SPDX-License-Identifier: GPL-2.0

//! `sweep show` of real results that commits 1911bb1 (records of schema 2) and 1b8111f (3) wrote. Medians and deviations below are those of
//! Python's `statistics`.

use std::{fs, process::Command};

use regex_lite::Regex;
use serde_json::Value;

const RESULT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../results/tests/fixtures/schema-3/result"
);

const OLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../results/tests/fixtures/schema-2/result"
);

fn show(more: &[&str]) -> String {
    show_of(RESULT, more)
}

fn show_of(result: &str, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
    let out = command.args(["show", result]).args(more).output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

/// The words of the tables of a text, verdicts in their present form.
fn tables(text: &str) -> Vec<String> {
    let start = text.find("\nLocks:").unwrap();
    let end = Regex::new(r"\n.*\d+ runs").unwrap().find(text).unwrap();
    let verdict = |old: &str| Regex::new(&format!(r"({old}) +(\d+/\d+)")).unwrap();
    let text = verdict("held|exact").replace_all(&text[start..end.start()], "PASS $2");
    let text = verdict("  caught").replace_all(&text, " PASS (caught) $2");
    // Waits and captions came later than these results.
    let waits = Regex::new(r"(?s)\n waits  .*?random moment of waiting\n").unwrap();
    let text = waits.replace_all(&text, "\n");
    let text: String = text
        .lines()
        .filter(|line| !line.contains(", tier "))
        .collect();
    let words = text
        .split_whitespace()
        .filter(|word| !word.starts_with("--"));
    words.map(str::to_string).collect()
}

#[test]
fn tables_of_an_old_result_stay_the_same() {
    let old = fs::read_to_string(format!("{RESULT}/summary.txt")).unwrap();
    let now = show(&[]);
    assert_eq!(tables(&now), tables(&old));
    let older = fs::read_to_string(format!("{OLDER}/summary.txt")).unwrap();
    assert_eq!(tables(&show_of(OLDER, &[])), tables(&older));
    for text in [
        "its vCPUs ran 3 s and waited 2 s",
        "tier tcg, kernel 7.3.4",
        "kernel/raw_spin is test-and-set here",
        "PASS: oracles of 36 runs as expected.",
    ] {
        assert!(now.contains(text), "no `{text}` in:\n{now}");
    }
}

#[test]
fn figures_of_an_old_result_stay_the_same() {
    for result in [RESULT, OLDER] {
        let old = fs::read_to_string(format!("{result}/figures.json")).unwrap();
        let old: Value = serde_json::from_str(&old).unwrap();
        let now: Value = serde_json::from_str(&show_of(result, &["--json"])).unwrap();
        let mut now = now["figures"].as_object().unwrap().clone();
        now.remove("others")
            .expect("a fact that is younger than these results");
        assert_eq!(now.len(), old.as_object().unwrap().len());
        for (name, figure) in &now {
            let value = figure.get("value").unwrap_or(figure);
            assert_eq!(value, &old[name], "{name}");
        }
    }
}

#[test]
fn waits_are_shown_by_section_and_by_time() {
    let json: Value = serde_json::from_str(&show(&["--json"])).unwrap();
    let parts = json["parts"].as_array().unwrap();
    let cells = parts[0]["cells"].as_array().unwrap().iter();
    let waits: Vec<&Value> = cells.map(|cell| &cell["waits"]).collect();
    let quantile = |waits: &Value, by: &str| waits[by]["p50"].as_u64().unwrap_or(0);
    let contended = |w: &&&Value| quantile(w, "by_time") > 0;
    let contended: Vec<_> = waits.iter().filter(contended).collect();
    assert!(!contended.is_empty(), "{waits:?}");
    for waits in contended {
        assert!(
            quantile(waits, "by_time") >= quantile(waits, "by_section"),
            "{waits}"
        );
    }
    let text = show(&[]);
    assert!(text.contains("p99 by time"), "{text}");
}

/// Records of schema 2 and 3 name no kinds: these follow from the settings and the tier.
#[test]
fn figures_of_an_old_result_have_kind_and_tier() {
    for result in [RESULT, OLDER] {
        let json: Value = serde_json::from_str(&show_of(result, &["--json"])).unwrap();
        let figure = &json["figures"]["locks.runs"];
        assert_eq!(
            (&figure["kind"], &figure["tier"]),
            (&"count".into(), &"tcg".into())
        );
        let parts = json["parts"].as_array().unwrap().iter();
        for cell in parts.flat_map(|part| part["cells"].as_array().unwrap()) {
            assert!(cell["kind"].is_string() && cell["tier"] == "tcg", "{cell}");
        }
        let text = show_of(result, &[]);
        let caption =
            "tier tcg: cost of translated instructions; neither cycles nor the price of an atomic";
        assert!(text.contains(caption), "{text}");
    }
}

#[test]
fn medians_and_deviations_are_those_of_another_calculation() {
    let json: Value = serde_json::from_str(&show(&["--json"])).unwrap();
    let cell = |part: &str, at: &[Value]| {
        let parts = json["parts"].as_array().unwrap();
        let part = parts.iter().find(|p| p["name"] == part).unwrap();
        let mut cells = part["cells"].as_array().unwrap().iter();
        let is_there = |cell: &&Value| cell["at"].as_object().unwrap().values().eq(at);
        cells.find(is_there).unwrap()["sample"].clone()
    };
    for (part, axis, threads, median, stdev) in [
        ("locks", "ticket", 2, 420947.94028620556, 282466.71970627893),
        ("locks", "busted", 1, 1656943.8773218193, 275573.06271695445),
        ("counters", "sloppy", 2, 105698629.069, 1284530.54558),
        ("jobs", "padata", 1, 0.524914, 0.06570153368072924),
        ("jobs", "static", 2, 0.7782225, 0.08442359992620545),
        ("bottlenecks", "percpu", 2, 149642319.847, 5772591.17681),
    ] {
        let sample = cell(part, &[axis.into(), threads.into()]);
        assert_eq!(sample["n"], 2, "{part} {axis}");
        for (name, wanted) in [("median", median), ("stdev", stdev)] {
            let had = sample[name].as_f64().unwrap();
            let off = (had / wanted - 1.0).abs();
            assert!(off < 1e-9, "{part} {axis}: {name} {had}");
        }
    }
}

#[test]
fn unknown_schema_is_refused_with_a_next_step() {
    let root = tempfile::tempdir().unwrap();
    for file in ["experiment.toml", "provenance.json"] {
        fs::copy(format!("{RESULT}/{file}"), root.path().join(file)).unwrap();
    }
    let runs = fs::read_to_string(format!("{RESULT}/runs.jsonl")).unwrap();
    let runs = runs.replacen("\"schema\":3", "\"schema\":1", 1);
    fs::write(root.path().join("runs.jsonl"), runs).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
    let out = command.arg("show").arg(root.path()).output().unwrap();
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success());
    assert!(
        error.contains("runs.jsonl line 1: a record of schema 1; allowed: 2..=")
            && error.contains("run the experiment again"),
        "{error}"
    );
}
