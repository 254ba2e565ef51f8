// SPDX-License-Identifier: GPL-2.0

//! A signal ends a command that boots guests or writes one file: no process and no half of a file is left,
//! and one line says so.

use std::{
    fs::{self, File},
    path::Path,
    process::Child,
    thread::sleep,
    time::Duration,
};

use rustix::process::{kill_process, Pid, Signal};

use crate::guest::{Out, Sandbox, SIGNALLED};

const SIGNALS: [(Signal, i32); 3] = [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)];

/// Waits for `what`, a minute at most.
fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    for _ in 0..12_000 {
        if is_there() {
            return;
        }
        sleep(Duration::from_millis(5));
    }
    panic!("no {what} in a minute");
}

/// A sandbox whose `vm` waits after five answers.
fn answering() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.build("modules");
    sandbox.answer();
    sandbox
}

/// Sends `signal` while the fake guest waits; the guest is gone afterwards.
fn interrupted(sandbox: &Sandbox, child: Child, signal: Signal) -> Out {
    wait_for("guest", || sandbox.names().contains(&"held".into()));
    kill_process(Pid::from_child(&child), signal).unwrap();
    let out = Out::from(child.wait_with_output().unwrap());
    let guest = format!("/proc/{}", sandbox.read("held").trim());
    assert!(!Path::new(&guest).exists(), "{guest} is left");
    assert_one_line(&out);
    assert_no_half(sandbox);
    out
}

fn assert_one_line(out: &Out) {
    let lines = out.stderr.lines();
    let said = lines.filter(|line| line.contains("interrupted")).count();
    assert_eq!(said, 1, "{}", out.stderr);
}

/// Fails if a temporary file or directory is left.
fn assert_no_half(sandbox: &Sandbox) {
    let results = fs::read_dir(sandbox.root()).into_iter().flatten();
    let results = results.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = sandbox.names().into_iter().chain(results).collect();
    let half = names.iter().find(|name| name.starts_with('.'));
    assert_eq!(half, None, "{names:?}");
}

#[test]
fn signal_ends_costs_and_renews_no_table() {
    for (signal, code) in SIGNALS {
        let sandbox = answering();
        sandbox.hold();
        let costs = [
            "costs",
            "--write",
            "--experiment",
            "t.toml",
            "--table",
            "table.toml",
        ];
        let child = sandbox.start(SIGNALLED, &costs);
        let next = "interrupted after 5 of 18 runs. Try: sweep run --resume ";
        interrupted(&sandbox, child, signal).fails(code, &[next]);
        assert!(!sandbox.names().contains(&"table.toml".into()));
        assert!(sandbox.only().join("INCOMPLETE").exists());
    }
}

#[test]
fn signal_ends_rerun_and_keeps_the_result_of_the_bundle() {
    for (signal, code) in SIGNALS {
        let sandbox = answering();
        sandbox.sweep(&["run", "t.toml"]).is(0, &[]);
        let before = fs::canonicalize(sandbox.latest()).unwrap();
        sandbox.sweep(&["bundle", "results/latest", "--out", "b.tar.gz"]);
        fs::remove_dir_all(sandbox.root()).unwrap();
        sandbox.hold();
        let child = sandbox.start(SIGNALLED, &["rerun", "b.tar.gz"]);
        let next = "interrupted after 5 of 18 runs. Try: sweep run --resume ";
        interrupted(&sandbox, child, signal).fails(code, &[next]);
        sandbox
            .sweep(&["gate", before.to_str().unwrap()])
            .is(0, &["oracle of 12 runs"]);
    }
}

/// Files so large that the signal comes before the last of them is written.
#[test]
fn signal_ends_bundle_without_a_file() {
    let sandbox = answering();
    sandbox.sweep(&["run", "t.toml"]).is(0, &[]);
    let dir = fs::canonicalize(sandbox.latest()).unwrap();
    for (signal, code) in SIGNALS {
        let out = [1, 4, 16, 64].into_iter().find_map(|mib| {
            for n in 0..8 {
                let file = File::create(dir.join(format!("large-{n}"))).unwrap();
                file.set_len(mib << 20).unwrap();
            }
            let bundle = ["bundle", dir.to_str().unwrap(), "--out", "b.tar.gz"];
            let child = sandbox.start(SIGNALLED, &bundle);
            wait_for("bundle", || {
                let is_ours = |name: &String| name.starts_with(".tmp") || name == "b.tar.gz";
                sandbox.names().iter().any(is_ours)
            });
            kill_process(Pid::from_child(&child), signal).unwrap();
            let out = Out::from(child.wait_with_output().unwrap());
            let done = sandbox.names().contains(&"b.tar.gz".into());
            let _ = fs::remove_file(sandbox.root().with_file_name("b.tar.gz"));
            (!done).then_some(out)
        });
        let out = out.expect("half a gigabyte was written before the signal");
        assert_one_line(&out);
        out.fails(code, &["cannot write b.tar.gz: interrupted by signal"]);
        assert_no_half(&sandbox);
    }
}
