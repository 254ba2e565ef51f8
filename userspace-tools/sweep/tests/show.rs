// SPDX-License-Identifier: GPL-2.0

//! The records of a real guest, and what they come to by a calculation that is not ours: medians
//! and deviations below are those of Python's `statistics`.

use std::process::Command;

use serde_json::Value;

fn show(more: &[&str]) -> String {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/result");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
    let out = command.args(["show", dir]).args(more).output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

/// The cell of `part` that is there on its axes.
fn cell(json: &Value, part: &str, at: &[&str]) -> Value {
    let parts = json["parts"].as_array().unwrap();
    let part = parts.iter().find(|p| p["name"] == part).unwrap();
    let cells = part["cells"].as_array().unwrap();
    let values = |cell: &Value| -> Vec<String> {
        let at = cell["at"].as_object().unwrap().values();
        at.map(|value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_string)
        })
        .collect()
    };
    cells
        .iter()
        .find(|cell| values(cell) == at)
        .unwrap()
        .clone()
}

fn close(had: &Value, wanted: f64) {
    let had = had.as_f64().unwrap();
    assert!((had / wanted - 1.0).abs() < 1e-9, "{had} is not {wanted}");
}

#[test]
fn medians_and_deviations_are_those_of_another_calculation() {
    let json: Value = serde_json::from_str(&show(&["--json"])).unwrap();
    for (part, at, median, stdev) in [
        (
            "locks",
            &["ticket", "8"][..],
            6644.839162485304,
            5153.739235375728,
        ),
        (
            "locks",
            &["kernel/raw_spin", "8"],
            161813.03081333052,
            80593.58818151888,
        ),
        (
            "counters",
            &["sloppy", "8"],
            70162609.75746408,
            8998234.454660343,
        ),
        (
            "jobs",
            &["padata", "spin", "1"],
            117.524846,
            202.86719451198368,
        ),
        (
            "jobs",
            &["padata", "clear-pages", "8"],
            67.859326,
            60.329959088319896,
        ),
    ] {
        let sample = &cell(&json, part, at)["sample"];
        assert_eq!(sample["n"], 3, "{at:?}");
        close(&sample["median"], median);
        close(&sample["stdev"], stdev);
    }
    close(
        &json["figures"]["storm"],
        6644.839162485304 / 161813.03081333052,
    );
    assert_eq!(json["figures"]["locks.caught"], 3.0);
    assert_eq!(json["figures"]["counters.caught"], 3.0);
}

#[test]
fn jobs_are_shown_in_the_form_of_the_padata_tables() {
    let text = show(&[]);
    let table = "\
                   padata, spin                padata, clear-pages
                   ------------------------    ------------------------
    node% (thr)    speedup  time_ms (stdev)    speedup  time_ms (stdev)
      12% (  1)         --    117.5 (202.9)         --     28.9 ( 63.9)
     100% (  8)     -58.1%    185.8 ( 33.8)    -135.1%     67.9 ( 60.3)
";
    assert!(text.contains(table), "{text}");
}

#[test]
fn locks_and_counters_show_median_spread_and_oracle() {
    let text = show(&[]);
    let has = |words: &[&str]| {
        let line = text
            .lines()
            .find(|line| words.iter().all(|word| line.contains(word)));
        assert!(line.is_some(), "no line with {words:?} in:\n{text}");
    };
    has(&["ticket", "1.40M ±69%", "6.64k ±99%", "held 3/3"]);
    has(&["busted", "caught 3/3"]);
    has(&["sloppy", "70.2M ±17%", "exact 6/6"]);
    has(&["kernel/raw_spin is test-and-set here"]);
    has(&["the storm: 4.11 %"]);
    has(&["its vCPUs ran 51 s and waited 197 s"]);
}

#[test]
fn a_record_of_another_schema_is_refused_with_a_way_out() {
    let root = tempfile::tempdir().unwrap();
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/result/");
    for file in ["experiment.toml", "provenance.json"] {
        std::fs::copy(format!("{ours}{file}"), root.path().join(file)).unwrap();
    }
    let runs = std::fs::read_to_string(format!("{ours}runs.jsonl")).unwrap();
    let schema = format!("\"schema\":{}", abi::SCHEMA);
    std::fs::write(
        root.path().join("runs.jsonl"),
        runs.replacen(&schema, "\"schema\":1", 1),
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
    let out = command.arg("show").arg(root.path()).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success());
    assert!(
        said.contains("runs.jsonl line 1: a record of schema 1, but this sweep reads schema")
            && said.contains("run the experiment again"),
        "{said}"
    );
}
