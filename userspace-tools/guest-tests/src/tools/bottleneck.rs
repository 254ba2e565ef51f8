// SPDX-License-Identifier: GPL-2.0

//! What `bottleneck` has beside the common commands.

use anyhow::{ensure, Result};
use results::Bottleneck;

use super::{records, tool};
use crate::{subject::fresh, suite::Test};

/// The tests of `compare` and `check`.
pub fn tests() -> Vec<Test> {
    let test =
        |name: &str, body: fn() -> Result<()>| Test::new(format!("tool/bottleneck/{name}"), body);
    vec![
        test("says_what_a_fix_gains", compares),
        test("puts_promises_to_the_test", checks),
        test("lists_the_cases", lists),
        test("names_what_it_does_not_know", wrong_usage),
    ]
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
    let (ratio, helps) = (fix["ratio"].as_f64(), fix["helps"].as_bool());
    let least = fix["least"].as_f64();
    let due = ratio >= Some(1.1) && least > Some(1.0);
    ensure!(ratio > Some(0.0) && helps == Some(due), "{json}");
    let chosen = [
        "bottleneck",
        "compare",
        "mount_lookup",
        "--variant",
        "rcu",
        "--lock",
        "pv_queued",
    ];
    let set = ["--set", "size=8", "--set", "write_permille=1"];
    let parts = [
        "rcu of spinlock",
        "pv_queued",
        "does not help here",
        "the fix is",
    ];
    let text = tool(&[&chosen[..], &BRIEF, &set].concat(), 0, &parts[..2])?;
    ensure!(parts[2..].iter().any(|part| text.contains(part)), "{text}");
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
    let json = tool(&[&check[..], &["--json"]].concat(), 0, &[])?;
    let lines = records(&json)?;
    ensure!(lines.len() == 5, "{json}");
    ensure!(lines[2]["sum"]["verdict"] == "broken", "{json}");
    ensure!(
        lines.iter().all(|line| line["module"] == "bottleneck"),
        "{json}"
    );
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
