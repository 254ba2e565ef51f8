// SPDX-License-Identifier: GPL-2.0

//! A result directory has one owner, one build and one record for each run of its plan, however the run ends.

use std::{fs, path::Path};

use rustix::process::{kill_process, Pid, Signal};

use crate::guest::{Out, Sandbox};

/// A sandbox whose `vm` answers five runs and then waits.
fn held() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.build("modules");
    sandbox.answer();
    sandbox.hold();
    sandbox
}

fn marked(dir: &Path) -> String {
    fs::read_to_string(dir.join("INCOMPLETE")).unwrap()
}

#[test]
fn result_directory_in_use_is_refused_and_its_owner_completes_it() {
    let sandbox = held();
    let first = sandbox.spawn(5);
    let dir = sandbox.only();
    let resume = ["run", "--resume", dir.to_str().unwrap()];
    let why = format!("process {} writes into it", first.id());
    sandbox.sweep(&resume).fails(2, &[&why]);
    let watch = ["watch", "--once", dir.to_str().unwrap()];
    sandbox.sweep(&watch).is(4, &["INCOMPLETE: still running"]);
    sandbox.go();
    let out = Out::from(first.wait_with_output().unwrap());
    out.is(0, &["PASS: oracles of 18 runs as expected"]);
    sandbox.sweep(&resume).fails(2, &["it is complete"]);
}

#[test]
fn signal_marks_the_result_with_the_next_step() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let sandbox = held();
        let child = sandbox.spawn(5);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let dir = sandbox.only();
        let out = Out::from(child.wait_with_output().unwrap());
        let next = "interrupted after 5 of 18 runs. Try: sweep run --resume ";
        out.fails(code, &[next]);
        assert!(marked(&dir).contains(next), "{}", marked(&dir));
        sandbox.go();
        sandbox
            .sweep(&["run", "--resume", dir.to_str().unwrap()])
            .is(0, &["18 runs"]);
    }
}

/// As a terminal that is closed: messages cannot be written any more.
#[test]
fn closed_standard_error_loses_messages_and_nothing_else() {
    let sandbox = held();
    let mut child = sandbox.spawn(5);
    drop(child.stderr.take());
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(129));
    let why = marked(&sandbox.only());
    assert!(why.contains("Try: sweep run --resume"), "{why}");
}

#[test]
fn hangup_under_nohup_does_not_end_a_run() {
    let sandbox = held();
    let child = sandbox.spawn_by(5, &["nohup"]);
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    sandbox.go();
    let out = Out::from(child.wait_with_output().unwrap());
    out.is(0, &["PASS: oracles of 18 runs as expected"]);
}

#[test]
fn killed_run_is_incomplete_and_names_the_next_step() {
    let sandbox = held();
    let mut child = sandbox.spawn(5);
    child.kill().unwrap();
    child.wait().unwrap();
    sandbox.go();
    let dir = sandbox.only();
    let next = "INCOMPLETE: killed before its end. Try: sweep run --resume";
    sandbox
        .sweep(&["watch", dir.to_str().unwrap()])
        .is(4, &[next]);
}

#[test]
fn resume_after_a_rebuild_is_refused() {
    let sandbox = held();
    let child = sandbox.spawn(5);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait_with_output().unwrap();
    sandbox.go();
    let dir = sandbox.only();
    let resume = ["run", "--resume", dir.to_str().unwrap()];
    sandbox.build("other modules");
    let why = "initramfs.cpio of image was built again since guest boot 1";
    sandbox.sweep(&resume).fails(2, &[why]);
    sandbox.build("modules");
    let path = dir.join("provenance.json");
    let text = fs::read_to_string(&path).unwrap();
    let other = text.replace("\"commit\": null", "\"commit\": \"4321\"");
    fs::write(&path, other).unwrap();
    sandbox
        .sweep(&resume)
        .fails(2, &["its runs are of 4321, and this is no commit"]);
    let elsewhere = text.replace("\"clocksource\": \"", "\"clocksource\": \"other-");
    assert_ne!(elsewhere, text);
    fs::write(&path, elsewhere).unwrap();
    sandbox
        .sweep(&resume)
        .fails(2, &["clocksource: it was other-"]);
    fs::write(&path, text).unwrap();
    sandbox.sweep(&resume).is(0, &["18 runs"]);
}

#[test]
fn records_are_held_against_the_plan() {
    let sandbox = Sandbox::new();
    sandbox.run(&sandbox.passing(), 0).is(0, &[]);
    let dir = fs::canonicalize(sandbox.latest()).unwrap();
    let path = dir.join("runs.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap();
    for (changed, why) in [
        (
            text.clone() + first + "\n",
            "run 0 is recorded more than once",
        ),
        (
            text.replacen("\"seq\":3,", "\"seq\":99,", 1),
            "record 99 is of no run of the plan",
        ),
        (
            text.replacen(first, "", 1).trim_start().into(),
            "1 of 18 runs have no record",
        ),
        (
            text.replacen("lock=busted threads=1\"", "lock=tas threads=1\"", 1),
            "run 0 is recorded as",
        ),
    ] {
        assert_ne!(changed, text);
        fs::write(&path, changed).unwrap();
        let show = ["show", dir.to_str().unwrap()];
        sandbox.sweep(&show).is(4, &[&format!("INCOMPLETE: {why}")]);
        for command in ["compare", "fit"] {
            sandbox
                .sweep(&[command, dir.to_str().unwrap()])
                .fails(4, &[why]);
        }
        fs::write(dir.join("INCOMPLETE"), "still running\n").unwrap();
        if !why.contains("no record") {
            let resume = ["run", "--resume", dir.to_str().unwrap()];
            sandbox.sweep(&resume).fails(2, &[why]);
        }
        fs::remove_file(dir.join("INCOMPLETE")).unwrap();
    }
}
