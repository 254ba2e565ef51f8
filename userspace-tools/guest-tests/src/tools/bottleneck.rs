// SPDX-License-Identifier: GPL-2.0

//! Tests of the commands of `bottleneck` itself.

use anyhow::{ensure, Result};
use results::Bottleneck;

use super::command::{records, tool};
use crate::{
    subject::fresh,
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    group(
        "tool/bottleneck",
        &[
            ("compare_shows_the_gain_of_a_fix", compares),
            ("check_tests_every_promise", checks),
            ("list_shows_the_cases", lists),
            ("refuses_unknown_names", wrong_usage),
        ],
    )
}

const BRIEF: [&str; 4] = ["--repeat", "2", "--run-ms", "50"];

fn compares() -> Result<()> {
    fresh::<Bottleneck>()?;
    let compare = ["bottleneck", "compare", "ids", "--threads", "2"];
    let parts = ["fix ids/percpu of exact, 2 threads", "of baseline", "PASS"];
    tool(&[&compare[..], &BRIEF].concat(), 0, &parts)?;
    let json = tool(&[&compare[..], &BRIEF, &["--json"]].concat(), 0, &[])?;
    let lines = records(&json)?;
    ensure!(lines.len() == 2 * 2 + 1, "{json}");
    let fix = &lines[4]["fix"];
    ensure!(fix["variant"] == "percpu" && fix["repeats"] == 2, "{json}");
    let [ratio, least] = ["ratio", "least"].map(|key| fix[key].as_f64());
    ensure!(ratio > Some(0.0) && ratio >= least, "{json}");
    // Two repeats decide a gain of a tenth only if they agree in it.
    let verdict = fix["verdict"].as_str().unwrap_or_default();
    let known = ["helps", "no", "undecided"].contains(&verdict);
    ensure!(known && (verdict != "helps" || ratio > Some(1.1)), "{json}");
    let chosen = ["bottleneck", "compare", "mount_lookup", "--variant", "rcu"];
    let set = [
        "--lock",
        "pv_queued",
        "--set",
        "size=8",
        "--set",
        "write_permille=1",
    ];
    let parts = ["rcu of spinlock", "pv_queued"];
    let text = tool(&[&chosen[..], &BRIEF, &set].concat(), 0, &parts)?;
    let verdicts = ["does not help here", "the fix is", "undecided"];
    ensure!(verdicts.iter().any(|word| text.contains(word)), "{text}");
    ensure!(!text.contains("brlock"), "{text}");
    Ok(())
}

fn checks() -> Result<()> {
    fresh::<Bottleneck>()?;
    let check = ["bottleneck", "check", "--only", "ids,stats"];
    let parts = [
        "ids/busted",
        "PASS (caught)",
        "stats/percpu",
        "5 passed, 0 failed",
    ];
    tool(&check, 0, &parts)?;
    Ok(())
}

fn lists() -> Result<()> {
    let parts = ["mount_lookup", "percore", "Piggin", "Kleen and Chen"];
    tool(&["bottleneck", "list"], 0, &parts)?;
    Ok(())
}

fn wrong_usage() -> Result<()> {
    for words in [
        &["compare"][..],
        &["compare", "nonsense"],
        &["compare", "ids", "--variant", "nonsense"],
        &["compare", "ids", "--set", "size=0"],
        &["compare", "ids", "--set", "nonsense=1"],
        &["compare", "ids", "--threads", "0"],
        &["compare", "ids", "--repeat", "0"],
        &["check", "--only", "nonsense"],
        &["check", "--run-ms", "0"],
    ] {
        tool(&[&["bottleneck"], words].concat(), 2, &[])?;
    }
    let lacks = ["bottleneck", "run", "--case", "stats", "--variant", "rcu"];
    tool(&lacks, 2, &["stats has no such variant", "exact percpu"])?;
    Ok(())
}
