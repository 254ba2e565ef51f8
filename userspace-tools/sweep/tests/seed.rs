// SPDX-License-Identifier: GPL-2.0

//! `sweep seed`: the claims of a source document, each with a verdict. A fake `vm` runs the guest's
//! commands here.

use std::{
    collections::HashMap, fs, io::Read, os::unix::fs::PermissionsExt, path::Path, process::Command,
};

use serde_json::Value;

const DOCUMENT: &str = r#"
document = { author = 'A. Author', title = 'Of Locks', year = 1999, about = 'locks' }
claim = [
    { place = 'page 1', text = 'it gains', why = 'since', otherwise = 'not here',
      measure = 'fast over slow', step = 'cases', expect = 'gain >= 3 x' },
    { place = 'page 2', text = 'it gains a lot', why = 'since', otherwise = 'not here',
      measure = 'fast over slow', step = 'cases', expect = 'gain >= 30 x' },
    { place = 'page 3', text = 'on a thousand CPUs too', why = 'there are fewer' },
]

[[step]]
name = 'cases'
guest = { vcpus = 1, cpus = '0', memory = 256, tier = 'tcg', boots = 6 }
run = ["echo '{\"who\":\"fast\",\"n\":6}'", "echo '{\"who\":\"slow\",\"n\":2}'"]
figure = [{ name = 'gain', of = { who = 'fast' }, to = { who = 'slow' }, metric = 'n' }]
"#;

/// A `vm` that runs the command of the guest here, and counts.
const VM: &str = r#"#!/bin/sh
echo boot >>"${0%/*}/boots"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"#;

/// Exit code, standard output and standard error of `sweep seed` with `document` as 999.
fn seed(dir: &Path, document: &str, args: &[&str]) -> (Option<i32>, String, String) {
    // Inline tables of TOML are one line each.
    let document = document.replace("',\n      ", "', ");
    fs::create_dir_all(dir.join("seeds")).unwrap();
    fs::write(dir.join("seeds/999.toml"), document).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
    command.arg("seed").args(args);
    command.arg("--seeds").arg(dir.join("seeds"));
    command.arg("--results").arg(dir.join("results"));
    fs::create_dir_all(dir.join("image")).unwrap();
    fs::write(dir.join("image/release"), "7.3-test\n").unwrap();
    command.env("SLOWPATH_IMAGE", dir.join("image"));
    let vm = dir.join("vm");
    fs::write(&vm, VM).unwrap();
    fs::set_permissions(&vm, fs::Permissions::from_mode(0o755)).unwrap();
    command.env("SLOWPATH_VM", vm);
    let out = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code(), text(out.stdout), text(out.stderr))
}

#[test]
fn each_claim_has_a_verdict_and_a_step_runs_once() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text, error) = seed(dir.path(), DOCUMENT, &["999"]);
    assert_eq!(code, Some(0), "{text}{error}");
    for line in [
        "999  A. Author, \"Of Locks\", 1999",
        "measured 3.00 x (3.00 [3.00, 3.00] of 6 boots): fast over slow",
        "why      conjecture: not here",
        "3 claims: 1 reproduced, 1 contradicted, 0 inconclusive, 1 not testable here",
    ] {
        assert!(text.contains(line), "no `{line}` in {text}");
    }
    let mut results = fs::read_dir(dir.path().join("results")).unwrap();
    let latest = results.next().unwrap().unwrap().path();
    let read = |file: &str| fs::read_to_string(latest.join(file)).unwrap();
    let boots = fs::read_to_string(dir.path().join("boots")).unwrap();
    assert_eq!(boots.lines().count(), 6, "one step, two claims");
    let kept: Value = serde_json::from_str(&read("seed.json")).unwrap();
    assert_eq!(kept["verdict"], "PASS");
    let counts = ["passed", "failed", "skipped", "surrogate"].map(|n| kept["counts"][n].as_u64());
    assert_eq!(counts, [Some(1), Some(1), Some(1), Some(0)]);
    let gain = kept["steps"]["cases"]["ran"]["gain"]["value"].as_f64();
    assert!((gain.unwrap() - 3.0).abs() < 1e-9, "{gain:?}");
    assert_eq!(kept["claims"][2]["verdict"], "SKIP");
    let origin = &kept["provenance"];
    assert_eq!(origin["command"][1], "seed");
    for fact in ["cpu_model", "clocksource", "slice_ns", "kernel"] {
        let fact = origin["environment"]["machine"][fact].as_str();
        assert!(fact.is_some_and(|fact| !fact.is_empty()), "{origin}");
    }
    assert!(origin["environment"]["toolbox"]["rustc"].is_string());
    assert!(origin["build"]["image"]["initramfs.cpio"].is_string());
    assert_eq!(origin["guest_kernel"], "7.3-test");
    assert!(origin.get("stolen").is_some());
}

#[test]
fn ratio_is_divided_by_one_that_the_host_measured_before_each_boot() {
    let dir = tempfile::tempdir().unwrap();
    let boots = dir.path().join("boots");
    let host = format!(
        r#"host = ["sh -c 'echo before >>{}'", "echo '{{\"who\":\"two\",\"n\":9}}'", "echo '{{\"who\":\"one\",\"n\":6}}'"]"#,
        boots.display()
    );
    let memory = "{ name = 'memory', of = { who = 'two' }, to = { who = 'one' }, metric = 'n' }";
    let document = DOCUMENT
        .replace("run = [", &format!("{host}\nrun = ["))
        .replace("figure = [", &format!("figure = [{memory}, "))
        .replace("metric = 'n' }]", "metric = 'n', over = 'memory' }]");
    let (code, text, error) = seed(dir.path(), &document, &["999"]);
    assert_eq!(code, Some(0), "{text}{error}");
    // 6 / 2 over 9 / 6.
    let due = "measured 2 x (2.00 [2.00, 2.00] of 6 boots)";
    assert!(text.contains(due), "{text}");
    let order = fs::read_to_string(boots).unwrap();
    assert_eq!(order, "before\nboot\n".repeat(6));
}

#[test]
fn bundle_of_claims_has_their_verdicts_for_a_reader_without_tools() {
    let dir = tempfile::tempdir().unwrap();
    let (code, _, error) = seed(dir.path(), DOCUMENT, &["999", "--bundle"]);
    assert_eq!(code, Some(0), "{error}");
    let path = error.lines().find_map(|line| line.strip_prefix("bundle: "));
    let mut files = HashMap::new();
    let bundle = fs::File::open(path.unwrap()).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bundle));
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().file_name().unwrap().to_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        files.insert(name.into_string().unwrap(), text);
    }
    assert_eq!(files["claims.csv"].lines().count(), 4);
    assert!(files["report.html"].contains("<td>it gains a lot</td>"));
    assert!(files["report.html"].contains("clocksource"));
    assert_eq!(files["claims.toml"], DOCUMENT.replace("',\n      ", "', "));
    assert!(files.contains_key("seed.json") && files.contains_key("guest.out"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
    let results = dir.path().join("again");
    command
        .args(["rerun", path.unwrap(), "--results"])
        .arg(results);
    let out = command.output().unwrap();
    let error = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{error}");
    assert!(error.contains("it holds verdicts on claims"), "{error}");
    let result = path.unwrap().strip_suffix(".tar.gz").unwrap();
    fs::write(Path::new(result).join("INCOMPLETE"), "interrupted\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
    let out = command.args(["bundle", result]).output().unwrap();
    let error = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(4), "{error}");
    assert!(error.contains("it is incomplete: interrupted"), "{error}");
}

#[test]
fn contradicted_claim_exits_0_and_one_not_measured_4() {
    let dir = tempfile::tempdir().unwrap();
    let failing = DOCUMENT.replace("run = [", "run = ['false', ");
    let (code, text, _) = seed(dir.path(), &failing, &["999", "--json"]);
    assert_eq!(code, Some(4));
    let json: Value = serde_json::from_str(&text).unwrap();
    let claims = &json["claims"];
    assert_eq!(json["verdict"], "NOT MEASURED");
    assert_eq!(claims[0]["verdict"], "NOT MEASURED");
    assert!(claims[0]["why"]
        .as_str()
        .unwrap()
        .contains("`false` failed"));
    assert_eq!(claims[2]["verdict"], "SKIP");
}

#[test]
fn two_measurements_of_the_same_claims_are_compared_by_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let result = |name: &str, document: &str| {
        let own = dir.path().join(name);
        assert_eq!(seed(&own, document, &["999"]).0, Some(0));
        let mut results = fs::read_dir(own.join("results")).unwrap();
        results.next().unwrap().unwrap().path()
    };
    let slower = DOCUMENT.replace("6}'", "2}'");
    let (one, same) = (result("a", DOCUMENT), result("b", DOCUMENT));
    let other = result("c", &slower);
    let fewer = result(
        "d",
        &DOCUMENT.replace("'it gains a lot'", "'it gains more'"),
    );
    let compared = |after: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
        let out = command.arg("compare").args([&one, after]).output().unwrap();
        let text = [out.stdout, out.stderr].concat();
        (out.status.code(), String::from_utf8(text).unwrap())
    };
    let (code, text) = compared(&same);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("0 of 3 verdicts differ"), "{text}");
    let (code, text) = compared(&other);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("it gains") && text.contains("FAIL: 1 x"),
        "{text}"
    );
    assert!(text.contains("1 of 3 verdicts differ"), "{text}");
    let (code, text) = compared(&fewer);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("of other claims"), "{text}");
}

#[test]
fn unknown_document_is_a_usage_error_that_lists_the_known() {
    let dir = tempfile::tempdir().unwrap();
    let (code, _, error) = seed(dir.path(), DOCUMENT, &["998"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("allowed: 999"), "{error}");
}
