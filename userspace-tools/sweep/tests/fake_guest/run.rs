// SPDX-License-Identifier: GPL-2.0

//! `sweep run` and `sweep show` from end to end, with a fake `vm`.

use std::fs;

use crate::guest::{FakeRun, Sandbox};

#[test]
fn passing_run_prints_its_tables_and_leaves_every_file() {
    let sandbox = Sandbox::new();
    let tables = [
        "PASS (caught) 2/2",
        "PASS 4/4",
        "PASS 2/2",
        "node% (thr)",
        "ratio",
        "total",
    ];
    sandbox.run(&sandbox.passing(), 0).is(0, &tables);
    let dir = sandbox.latest();
    for file in [
        "plan.txt",
        "runs.jsonl",
        "experiment.toml",
        "summary.txt",
        "provenance.json",
    ] {
        assert!(dir.join(file).is_file(), "{file}");
    }
    assert!(!dir.join("INCOMPLETE").exists());
    let provenance = fs::read_to_string(dir.join("provenance.json")).unwrap();
    assert!(provenance.contains("\"a kernel\""), "{provenance}");
}

#[test]
fn show_prints_the_same_tables_from_the_records_alone() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&sandbox.passing(), 0);
    let dir = sandbox.latest();
    for file in ["summary.txt", "figures.json", "plan.txt"] {
        fs::remove_file(dir.join(file)).unwrap();
    }
    let show = sandbox.sweep(&["show", dir.to_str().unwrap()]).is(0, &[]);
    let (run, show) = (run.stdout, show.stdout);
    assert!(run.starts_with(&show), "{run}\n{show}");
}

#[test]
fn median_is_of_the_repeats_and_ratio_of_the_boots() {
    let sandbox = Sandbox::new();
    sandbox.edit("vcpus = 8,", "vcpus = 8, boots = 2,");
    let mut runs = sandbox.passing();
    // Two repeats at 8 threads: 300 and 500 sections in 1 ms, so 400k/s.
    for (lock, sections) in [("ticket", [300, 500]), ("kernel/raw_spin", [10_000; 2])] {
        let words = format!("lock={lock} threads=8");
        FakeRun::set(&mut runs, &words, "sections", &sections);
    }
    // 3 % and 5 %: the ratio is their geometric mean.
    let texts = ["400k ±25%", "the storm: 3.87 % ["];
    sandbox.run(&runs, 0).is(0, &texts);
    let json = sandbox.sweep(&["show", "--json", sandbox.latest().to_str().unwrap()]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let storm = json
        .pointer("/figures/storm/value")
        .unwrap()
        .as_f64()
        .unwrap();
    assert!((storm - 0.0015_f64.sqrt()).abs() < 1e-9, "{storm}");
}

/// Eight threads on all CPUs: those that spin wait for a slice, those that halt do not.
#[test]
fn every_figure_has_its_kind_and_tier_in_text_json_and_html() {
    let sandbox = Sandbox::new();
    sandbox.edit(
        "vcpus = 8, cpus = \"all\"",
        "vcpus = 8, cpus = \"0\", boots = 2",
    );
    let rule = "oracle = \"caught\" }, 'ticket <= 2 * kernel/raw_spin at threads 8']";
    sandbox.edit("oracle = \"caught\" }]", rule);
    let slice =
        "slice at threads 8 of ticket, kernel/raw_spin, tier tcg: the host's scheduler slice";
    let texts = [
        slice,
        "emulation else, tier tcg: cost of translated instructions; neither cycles",
        "coherence, tier tcg: caches of this host through translation",
        "between boots 0.0 % (slice, tier tcg)",
        "PASS (slice, tier tcg)",
    ];
    sandbox.run(&sandbox.passing(), 0).is(0, &texts);
    let dir = sandbox.latest();
    let dir = dir.to_str().unwrap();
    let json = sandbox.sweep(&["show", "--json", dir]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    for (place, kind) in [
        ("/figures/storm", "slice"),
        ("/figures/locks.runs", "count"),
        ("/rules/0", "slice"),
        ("/parts/0/cells/0", "emulation"),
        ("/parts/0/captions/0", "slice"),
        ("/parts/1/captions/0", "coherence"),
    ] {
        let one = json.pointer(place).unwrap();
        assert_eq!(
            (&one["kind"], &one["tier"]),
            (&kind.into(), &"tcg".into()),
            "{place}"
        );
    }
    sandbox.sweep(&["report", dir]);
    let page = fs::read_to_string(format!("{dir}/report.html")).unwrap();
    let page = page.replace("&#39;", "'");
    assert!(
        page.contains(&format!("<p class=\"kind\">{slice}")),
        "{page}"
    );
    assert!(page.contains("<td>slice</td><td>tcg</td>"), "{page}");
    let compare = sandbox.sweep(&["compare", dir, dir]);
    assert!(
        compare.stdout.contains("slice, tier tcg"),
        "{}",
        compare.stdout
    );
}

/// 1 ms over 20 sections at 100 us and over 16 at 200 us: 50,000 and 62,500 ns.
#[test]
fn metric_over_an_axis_has_a_slope_and_an_intercept() {
    let sandbox = Sandbox::new();
    let guests = "vcpus = 8, boots = 2, slice_us = [100, 200],";
    sandbox.edit("vcpus = 8,", guests);
    let line = "line = [{ figure = 'storm', text = 'over the slice', quantity = 'section_ns', kind = 'slice', \
                over = 'slice_us', of = { lock = 'ticket', threads = 8 } }]\ncompare = [{ figure = 'ratio',";
    sandbox.edit("compare = [{ figure = \"storm\",", line);
    let mut runs = sandbox.passing();
    // The second round boots the guests in the other order.
    FakeRun::set(
        &mut runs,
        "lock=ticket threads=8",
        "sections",
        &[20, 16, 16, 20],
    );
    let text = "over the slice: 0.12 [0.12, 0.12] * slice_us + 37.5k [37.5k, 37.5k] ns, of 2 rounds at 2 values \
                (slice, tier tcg)";
    sandbox.run(&runs, 0).is(
        0,
        &[text, "(0.1 ms set, a vCPU ran 0.1 ms per preemption; "],
    );
    let dir = sandbox.latest();
    let figures = fs::read_to_string(dir.join("figures.json")).unwrap();
    let figures: serde_json::Value = serde_json::from_str(&figures).unwrap();
    for (name, value) in [("storm.slope", 0.125), ("storm.intercept", 37_500.0)] {
        let figure = &figures[name];
        assert!(
            (figure["value"].as_f64().unwrap() - value).abs() < 1e-6,
            "{figure}"
        );
        assert_eq!(
            (&figure["kind"], &figure["tier"]),
            (&"slice".into(), &"tcg".into())
        );
    }
    let dir = dir.to_str().unwrap();
    sandbox.sweep(&["report", dir]);
    let page = fs::read_to_string(format!("{dir}/report.html")).unwrap();
    assert!(page.contains("<h3>over the slice</h3>") && page.contains("0.12 [0.12, 0.12]"));
}

/// A tenth of what was set, as on a host where others preempt the vCPUs.
#[test]
fn line_over_a_slice_that_was_not_in_force_is_not_measured() {
    let sandbox = Sandbox::new();
    let guests = "vcpus = 8, boots = 2, slice_us = [4000, 64000],";
    sandbox.edit("vcpus = 8,", guests);
    let line = "line = [{ figure = 'storm', text = 'over the slice', quantity = 'section_ns', \
                over = 'slice_us', of = { lock = 'ticket' } }]\ncompare = [{ figure = 'ratio',";
    sandbox.edit("compare = [{ figure = \"storm\",", line);
    sandbox.run_per_preemption_us(6400);
    let why = "over the slice: NOT MEASURED: slice_us was not in force (64.0 ms set, a vCPU ran 6.4 ms per preemption; \
               allowed: 0.5 to 3 times what was set). Try: ";
    sandbox.run(&sandbox.passing(), 0).is(4, &[why]);
    let figures = sandbox.read("results/latest/figures.json");
    assert!(!figures.contains("storm.slope"), "{figures}");
    sandbox.run_per_preemption_us(20_000);
    let out = sandbox.run(&sandbox.passing(), 0);
    let why = "in force (4.0 ms set, a vCPU ran 20.0 ms per preemption; 64.0 ms set";
    out.is(4, &[why]);
}

/// Every boot gives the same values, so the first look decides.
#[test]
fn run_ends_when_its_rules_are_decided() {
    let sandbox = Sandbox::new();
    let rule = "oracle = \"caught\" }, 'ticket >= 0.4 * kernel/raw_spin at threads 8']";
    sandbox.edit("oracle = \"caught\" }]", rule);
    sandbox.edit("repeats = 2", "repeats = 6");
    sandbox.edit("vcpus = 8,", "vcpus = 8, boots = 6,");
    sandbox.answer();
    let out = sandbox.sweep(&["run", "--until-decided", "--max-boots", "24", "t.toml"]);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    let open = "0 rules are open after 6 boots";
    assert!(out.stderr.contains(open), "{}", out.stderr);
    let records = sandbox.read("results/latest/runs.jsonl");
    assert_eq!(records.lines().count(), 6 * 9);
    let gate = sandbox.sweep(&["gate", "results/latest"]);
    assert_eq!(gate.code, 0, "{}{}", gate.stdout, gate.stderr);
}

#[test]
fn run_whose_oracle_is_not_as_expected_fails() {
    for (words, number, values, texts) in [
        (
            "lock=busted threads=8",
            "lost",
            [0, 7],
            ["FAIL (not caught) 1/2", "FAIL: oracles of 1 of"],
        ),
        (
            "lock=ticket threads=8",
            "lost",
            [0, 1],
            ["FAIL 1/4", "FAIL: oracles of 1 of"],
        ),
        (
            "counter=sloppy",
            "sum",
            [1, 1],
            ["contradicts itself", "FAIL: oracles of 2 of"],
        ),
    ] {
        let sandbox = Sandbox::new();
        let mut runs = sandbox.passing();
        FakeRun::set(&mut runs, words, number, &values);
        sandbox.run(&runs, 0).is(1, &texts);
    }
}

#[test]
fn refused_run_fails_with_its_reason() {
    let sandbox = Sandbox::new();
    let mut runs = sandbox.passing();
    runs[0].error = Some("EBUSY run".into());
    let text = "lock=busted threads=1): EBUSY run";
    sandbox.run(&runs, 4).is(4, &[text]);
}

#[test]
fn incomplete_records_leave_an_incomplete_result() {
    for (code, cause) in [
        (241, "the guest's kernel panicked after 5 of"),
        (0, "ended early after 5 of"),
    ] {
        let sandbox = Sandbox::new();
        let runs = &sandbox.passing()[..5];
        sandbox.run(runs, code).fails(4, &[cause]);
        let dir = sandbox.only();
        let mark = fs::read_to_string(dir.join("INCOMPLETE")).unwrap();
        assert!(mark.contains(cause), "{mark}");
        assert!(!sandbox.root().join("latest").exists());
        let show = sandbox.sweep(&["show", dir.to_str().unwrap()]);
        show.is(4, &[&format!("INCOMPLETE: {}", mark.trim_end())]);
    }
}

#[test]
fn record_that_comes_twice_is_refused() {
    let sandbox = Sandbox::new();
    let mut runs = sandbox.passing()[..3].to_vec();
    runs.extend(sandbox.passing());
    let cause = "unexpected record 0 (allowed: 3)";
    sandbox.run(&runs, 0).fails(4, &[cause]);
}

#[test]
fn run_with_other_settings_than_planned_is_refused() {
    let sandbox = Sandbox::new();
    let mut runs = sandbox.passing();
    runs[0].words = runs[0].words.replace("threads=1", "threads=2");
    let cause = "planned with threads=1, but ran with threads=2";
    sandbox.run(&runs, 0).fails(4, &[cause]);
}

#[test]
fn usage_errors_exit_with_2_and_leave_nothing() {
    let sandbox = Sandbox::new();
    for (args, cause) in [
        (&["run", "no-such-file.toml"][..], "Try: a file in"),
        (&["run"], "no experiment"),
        (&["run", "--cpus", "x", "t.toml"], "or `all`"),
        (&["run", "--tier", "x", "t.toml"], "nested"),
        (&["run", "--repeats", "0", "t.toml"], "allowed: 1..=10000"),
        (&["show", "no-such-dir"], "no-such-dir"),
        (&["evidence", "no-such-claims"], "no-such-claims"),
    ] {
        sandbox.sweep(args).fails(2, &[cause]);
    }
    assert!(!sandbox.root().exists());
}
