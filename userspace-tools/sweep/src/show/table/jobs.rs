// SPDX-License-Identifier: GPL-2.0

//! Table of `job-runner`, in the form in which padata's speedups were first published.

use abi::status::OracleState;

use crate::{judge::cell::Cell, plan::experiment::Oracle};

const RULE: &str = "------------------------";

/// One table for each policy, one block in it for each job.
pub fn table(cells: &[Cell]) -> String {
    let is_control = |cell: &&Cell| cell.expected == Some(Oracle::Caught);
    let (controls, tested): (Vec<&Cell>, Vec<&Cell>) = cells.iter().partition(is_control);
    let mut text: String = controls.into_iter().map(control).collect();
    let vcpus = values(&tested, "vcpus");
    for vcpus in &vcpus {
        for policy in values(&tested, "policy") {
            let mine = tested.iter().copied();
            let mine = mine.filter(|c| c.get("policy") == policy && c.get("vcpus") == *vcpus);
            let mine: Vec<&Cell> = mine.collect();
            if !mine.is_empty() {
                text += &block(&mine, &policy, vcpus.parse().unwrap_or(1));
            }
        }
    }
    text
}

/// A chunk policy that is broken on purpose.
fn control(cell: &Cell) -> String {
    let (all, caught) = (cell.reports.len(), cell.count(OracleState::Broken));
    let word = match caught == all {
        true => "PASS (caught)",
        false => "FAIL (not caught)",
    };
    format!(
        "{}, {} at {} workers: {word} {caught}/{all}\n",
        cell.get("policy"),
        cell.get("job"),
        cell.get("max_threads")
    )
}

fn block(cells: &[&Cell], policy: &str, vcpus: u32) -> String {
    let jobs = values(cells, "job");
    let heads = |text: &dyn Fn(&String) -> String| -> String {
        let heads = jobs.iter().map(|job| format!("    {:<24}", text(job)));
        heads.collect::<Vec<_>>().concat()
    };
    let line =
        |first: &str, rest: String| format!("    {first:<11}{rest}").trim_end().to_string() + "\n";
    let varies = |cell: &&Cell| {
        ["vcpus", "ratio"]
            .iter()
            .any(|key| cell.at.contains_key(*key))
    };
    let on = match cells.iter().any(varies) {
        true => format!(", {vcpus} vCPUs"),
        false => String::new(),
    };
    let mut text = line("", heads(&|job| format!("{policy}, {job}{on}")));
    text += &line("", heads(&|_| RULE.into()));
    text += &line("node% (thr)", heads(&|_| "speedup  time_ms (stdev)".into()));
    for threads in values(cells, "max_threads") {
        let n: u32 = threads.parse().unwrap_or(0);
        let percent = 100 * n / vcpus.max(1);
        let columns: String = jobs.iter().map(|job| entry(cells, job, &threads)).collect();
        text += &line(&format!("{:>5} ({n:>3})", format!("{percent}%")), columns);
    }
    text + "\n"
}

/// The time that `threads` workers save of the time of the fewest, the time, and its deviation.
fn entry(cells: &[&Cell], job: &str, threads: &str) -> String {
    let mine: Vec<&&Cell> = cells.iter().filter(|cell| cell.get("job") == job).collect();
    let base = mine.iter().min_by_key(|cell| cell.number("max_threads"));
    let cell = mine.iter().find(|cell| cell.get("max_threads") == threads);
    let sampled = |cell: Option<&&&Cell>| cell.and_then(|cell| cell.sample());
    let (Some(first), Some(sample)) = (sampled(base), sampled(cell)) else {
        return format!("    {:>24}", "");
    };
    let is_base = base.is_some_and(|base| base.get("max_threads") == threads);
    let speedup = match first.median {
        _ if is_base => "--".to_string(),
        median => format!("{:.1}%", (1.0 - sample.median / median) * 100.0),
    };
    let stdev = sample
        .stdev
        .map_or_else(|| "  --".into(), |s| format!("{s:.1}"));
    format!("    {speedup:>7}  {:>7.1} ({stdev:>5})", sample.median)
}

/// The values of a setting, in the order of the runs.
fn values(cells: &[&Cell], key: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for value in cells.iter().map(|cell| cell.get(key)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}
