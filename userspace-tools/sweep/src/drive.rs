// SPDX-License-Identifier: GPL-2.0

//! Boots one guest through `vm`, feeds it the plan, and takes the records as they come.

use std::{
    io::{
        BufRead,
        BufReader, //
    },
    path::PathBuf,
    process::{
        Child,
        Command,
        ExitStatus,
        Stdio, //
    },
    thread,
    time::{
        Duration,
        Instant, //
    },
};

use anyhow::{
    bail,
    Context, //
};

use crate::{
    experiment::Guest,
    interrupt::{
        self,
        Guarded, //
    },
    plan::Plan,
    progress::Progress,
    record::{
        Record,
        Said, //
    },
    results::{
        Results,
        Runs,
        PLAN, //
    },
};

/// The environment variable that names another `vm`.
const VM: &str = "SLOWPATH_VM";

/// The command that boots `guest` on `cpus` and runs the plan kept in `results`.
pub fn command(guest: &Guest, cpus: &str, timeout: Duration, results: &Results) -> Vec<String> {
    let path = |file: &str| results.dir.join(file).display().to_string();
    let args = [
        vm().display().to_string(),
        "run".into(),
        "--vcpus".into(),
        guest.vcpus.to_string(),
        "--cpus".into(),
        cpus.into(),
        "--tier".into(),
        guest.tier.clone(),
        "--memory".into(),
        guest.memory.to_string(),
        "--timeout".into(),
        timeout.as_secs().to_string(),
        "--record".into(),
        results.dir.display().to_string(),
        "--stdin".into(),
        path(PLAN),
        "--".into(),
        "batch".into(),
    ];
    args.to_vec()
}

/// `vm` as [`VM`] names it, from beside `sweep`, or from the path.
fn vm() -> PathBuf {
    if let Some(named) = std::env::var_os(VM) {
        return named.into();
    }
    let beside = std::env::current_exe().map(|exe| exe.with_file_name("vm"));
    beside.ok().filter(|vm| vm.is_file()).unwrap_or("vm".into())
}

/// Runs `command` to its end and gives a record for each run of the plan.
pub fn drive(command: &[String], plan: &Plan, results: &Results) -> anyhow::Result<Vec<Record>> {
    let mut runs = Runs::create(results)?;
    let progress = Progress::begin(plan.runs.len());
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}; `make tools` builds it", command[0]))?;
    let guarded = Guarded::new(&child);
    let said = hear(&mut child, &progress)?;
    let records = collect(&mut child, plan, &mut runs, &progress);
    if records.is_err() {
        // What it says is of no use any more; `vm` ends its guest when told to end.
        interrupt::end(&child);
    }
    let status = child.wait().context("cannot wait for vm")?;
    drop(guarded);
    let said = said.join().unwrap_or_default();
    progress.end();
    results.write("vm.log", &said)?;
    let records = records?;
    verdict(status, records.len(), plan.runs.len(), &records)?;
    Ok(records)
}

/// Passes on what `vm` says about the guest, and keeps it.
fn hear(child: &mut Child, progress: &Progress) -> anyhow::Result<thread::JoinHandle<String>> {
    let stderr = child.stderr.take().context("vm has no stderr")?;
    let progress = progress.clone();
    Ok(thread::spawn(move || {
        let mut kept = String::new();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            progress.say(&line);
            kept += &line;
            kept.push('\n');
        }
        kept
    }))
}

fn collect(
    child: &mut Child,
    plan: &Plan,
    runs: &mut Runs,
    progress: &Progress,
) -> anyhow::Result<Vec<Record>> {
    let stdout = child.stdout.take().context("vm has no stdout")?;
    let mut records: Vec<Record> = Vec::new();
    let mut first = Instant::now();
    for line in BufReader::new(stdout).lines() {
        let said = Said::parse(&line.context("cannot read from vm")?)?;
        if said.seq == 0 && !records.is_empty() {
            progress.say("sweep: the guest was lost and is repeated; its records are put aside");
            runs.lose()?;
            records.clear();
        }
        if records.is_empty() {
            first = Instant::now();
        }
        let Some(run) = plan
            .runs
            .get(said.seq)
            .filter(|run| run.seq == records.len())
        else {
            bail!("record {} came where {} was due", said.seq, records.len());
        };
        let record = Record::place(said, run)?;
        runs.append(&record)?;
        records.push(record);
        progress.done(run, first);
    }
    Ok(records)
}

/// Whether the guest did all that it was told; a run that failed is judged later, with the others.
fn verdict(status: ExitStatus, had: usize, due: usize, records: &[Record]) -> anyhow::Result<()> {
    if interrupt::exit_code().is_some() {
        bail!("interrupted after {had} of {due} runs");
    }
    let failed = records.iter().any(|record| record.said.error().is_some());
    match status.code() {
        Some(0) if had == due => Ok(()),
        Some(1) if had == due && failed => Ok(()),
        code => bail!("{} after {had} of {due} runs", outcome(code)),
    }
}

/// What `vm`'s exit code says; see `vm --help`.
fn outcome(code: Option<i32>) -> String {
    let what = match code {
        Some(0) => "the guest's batch ended early",
        Some(2) => "vm refused its arguments",
        Some(240) => "the guest could not be started",
        Some(241) => "guest lost: its kernel panicked",
        Some(242) => "the guest's kernel complained (oops, BUG or WARN)",
        Some(243) => "guest lost: it hung",
        Some(244) => "guest lost: its channel broke",
        Some(245) => "guest lost: it died without a word",
        Some(246) => "guest lost: out of time",
        Some(code) => return format!("the guest's batch, or vm, failed with exit code {code}"),
        None => "vm was killed",
    };
    what.into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn exited(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    #[test]
    fn a_guest_that_was_lost_is_told_apart_from_a_batch_that_failed() {
        let lost = verdict(exited(245), 3, 10, &[]).unwrap_err().to_string();
        assert_eq!(
            lost,
            "guest lost: it died without a word after 3 of 10 runs"
        );
        let failed = verdict(exited(1), 3, 10, &[]).unwrap_err().to_string();
        assert!(failed.contains("exit code 1"), "{failed}");
    }

    #[test]
    fn records_that_are_missing_are_a_failure_even_if_all_say_success() {
        assert!(verdict(exited(0), 9, 10, &[]).is_err());
        assert!(verdict(exited(0), 10, 10, &[]).is_ok());
    }
}
