// SPDX-License-Identifier: GPL-2.0

//! The tier `sim`, with the real simulator.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{kill_process, test_kill_process, Pid, Signal};
use serde_json::Value;
use vm_record::{GuestOutcome, Record, SimulatedMachine, Tier};

const LINES: &str = "lock-load lock=ticket threads=8 run_ms=40\n\
                     lock-load lock=mcs/halt threads=8 run_ms=40\n";

/// `vm run --tier sim OPTIONS -- COMMAND`, where there is no image and no QEMU.
fn vm(options: &str, command: &str) -> Command {
    let vm = env!("CARGO_BIN_EXE_vm");
    let simulate = Path::new(vm).with_file_name("simulate");
    let next = "Try: cargo build -p simulate";
    assert!(
        simulate.is_file(),
        "{} is missing. {next}",
        simulate.display()
    );
    // The tests themselves may run under nohup.
    let mut run = Command::new("env");
    run.args(["--default-signal=HUP,INT,TERM", vm]);
    run.args(["run", "--tier", "sim"]);
    run.args(options.split_ascii_whitespace());
    run.arg("--").args(command.split_ascii_whitespace());
    run.env("SLOWPATH_IMAGE", "/nonexistent");
    run
}

fn records(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let records = text
        .lines()
        .map(|line| serde_json::from_str(line).expect(line));
    records.collect()
}

fn sections(output: &Output) -> Vec<u64> {
    let records = records(output);
    let sections = records
        .iter()
        .map(|record| record["sum"]["sections"].as_u64());
    sections.map(|n| n.unwrap_or(0)).collect()
}

/// A batch of these lines in a folder of its own, which gets the record.
fn batch(folder: &Path, lines: &str, options: &str) -> Output {
    let plan = folder.join("plan.txt");
    fs::write(&plan, lines).expect("a plan");
    let (plan, folder) = (plan.display(), folder.display());
    let options = format!("--stdin {plan} --record {folder} {options}");
    vm(&options, "batch").output().expect("vm runs")
}

#[test]
fn numa_nodes_are_sockets_of_simulated_cpus() {
    let far = |options: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let options = format!("--vcpus 8 --cpus 0-7 {options}");
        let output = batch(folder.path(), LINES, &options);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let record = Record::read(folder.path()).expect("a record");
        (sections(&output), record.numa.map(|numa| numa.nodes))
    };
    let (one, two) = (far("--numa 1"), far("--numa 2"));
    assert_eq!((one.1, two.1), (Some(1), Some(2)));
    assert_eq!(one.0, far("").0, "one node is the default");
    assert!(
        one.0[0] > two.0[0],
        "transfers between nodes cost more: {one:?} {two:?}"
    );
}

#[test]
fn batch_has_the_output_exit_code_and_record_of_a_guest() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = batch(folder.path(), LINES, "--vcpus 8 --cpus 4-5 --seed 7");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let all = records(&output);
    let locks = all.iter().map(|record| &record["config"]["lock"]);
    assert_eq!(locks.collect::<Vec<_>>(), ["ticket", "mcs/halt"]);
    assert!(sections(&output).iter().all(|n| *n > 0), "{all:?}");
    let record = Record::read(folder.path()).expect("a record");
    let machine = SimulatedMachine {
        seed: 7,
        ..SimulatedMachine::default()
    };
    assert_eq!(record.simulated, Some(machine));
    assert_eq!(record.last.tier, Tier::Sim);
    assert_eq!(record.last.outcome, GuestOutcome::Exited { status: 0 });
    assert_eq!((record.vcpus, record.host_cpus.as_str()), (8, "4-5"));
    assert_eq!((record.ratio, record.exit_code), (4.0, 0));
}

#[test]
fn seed_decides_a_run_whatever_ran_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |lines: &str, seed: u32| {
        let output = batch(
            folder.path(),
            lines,
            &format!("--vcpus 8 --cpus 0-1 --seed {seed}"),
        );
        sections(&output)
    };
    let line = "lock-load lock=ttas threads=8 run_ms=40\n";
    let [once, again] = run(&line.repeat(2), 3)[..] else {
        panic!("two records");
    };
    assert_ne!(once, again, "repeats differ");
    assert_eq!(run(&format!("{LINES}{line}"), 3)[2], once);
    assert_ne!(run(line, 4)[0], once);
}

#[test]
fn one_command_line_of_lock_load_is_simulated_on_more_cpus_than_there_are() {
    let command = "lock-load run --lock pv_queued --threads 1024 --run-ms=1 --json";
    let output = vm("--vcpus 1024 --cpus 0-255 --mode tas", command).output();
    let output = output.expect("vm runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let [record] = &records(&output)[..] else {
        panic!("one record: {output:?}");
    };
    let config = &record["config"];
    assert_eq!(
        (&config["threads"], &config["mode"]),
        (&1024.into(), &"tas".into())
    );
    assert!(sections(&output)[0] > 100, "{record}");
}

#[test]
fn hogs_take_half_of_the_simulated_cpus() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |options: &str| {
        let line = "lock-load lock=tas threads=2 hold_ns=0 idle_ns=20000 run_ms=200\n";
        let options = format!("--vcpus 2 --cpus 4-5 {options}");
        let output = batch(folder.path(), line, &options);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        sections(&output)[0] as f64
    };
    let share = run("--hog 4-5") / run("");
    assert!((0.4..0.6).contains(&share), "{share}");
    // Both vCPUs beside it on the other CPU, or one of them with it: no CPU is idle, so none takes another's.
    let one = run("--hog 5") / run("");
    assert!((0.4..0.9).contains(&one), "{one}");
    let record = Record::read(folder.path()).expect("a record");
    assert_eq!(record.simulated.and_then(|machine| machine.hog), None);
}

#[test]
fn slice_costs_and_policy_reach_the_simulator() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |options: &str| {
        let output = batch(
            folder.path(),
            LINES,
            &format!("--vcpus 8 --cpus 0-1 {options}"),
        );
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        sections(&output)
    };
    let default = run("");
    assert_eq!(
        run("--slice-us 2800 --policy eevdf --costs default"),
        default
    );
    assert_ne!(run("--slice-us 1000"), default);
    assert_ne!(run("--policy round-robin"), default);
    let unknown = batch(folder.path(), LINES, "--costs no-such");
    assert_eq!(unknown.status.code(), Some(2));
    let why = String::from_utf8_lossy(&unknown.stderr);
    assert!(why.contains("scripts/costs/no-such.toml"), "{why}");
}

#[test]
fn run_that_cannot_be_simulated_fails_the_batch_and_no_other_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = format!("lock-load lock=kernel/mutex\nlock-load threads=9\n{LINES}");
    let output = batch(folder.path(), &lines, "--vcpus 8");
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let all = records(&output);
    let errors = all
        .iter()
        .map(|record| record["error"].as_str().unwrap_or(""));
    let errors: Vec<&str> = errors.collect();
    assert!(
        errors[0].contains("cannot simulate kernel/mutex"),
        "{errors:?}"
    );
    assert!(errors[1].contains("threads=9"), "{errors:?}");
    assert_eq!(errors[2..], ["", ""]);
}

/// Starts a run of ten virtual minutes, of which the first lines were read; returns the simulator's process, too.
fn long_run(folder: &Path, options: &str) -> (Child, Pid) {
    let plan = folder.join("plan.txt");
    let endless = "lock-load lock=pv_queued threads=64 run_ms=600000\n";
    fs::write(&plan, format!("{LINES}{endless}")).expect("a plan");
    let options = format!("--vcpus 64 --stdin {} {options}", plan.display());
    let mut child = vm(&options, "batch");
    child.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("vm starts");
    let mut out = BufReader::new(child.stdout.as_mut().expect("its output"));
    for _ in LINES.lines() {
        out.read_line(&mut String::new()).expect("a record");
    }
    let task = format!("/proc/{0}/task/{0}/children", child.id());
    let children = fs::read_to_string(task).expect("its children");
    let simulator = children.trim().parse().expect("one child");
    (child, Pid::from_raw(simulator).expect("a process"))
}

fn has_ended(process: Pid) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) {
        if test_kill_process(process).is_err() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn signal_ends_the_simulator_and_is_the_exit_code() {
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
        let folder = tempfile::tempdir().expect("a folder");
        let record = format!("--record {}", folder.path().display());
        let (child, simulator) = long_run(folder.path(), &record);
        kill_process(Pid::from_child(&child), signal).expect("sent");
        let output = child.wait_with_output().expect("vm ends");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(has_ended(simulator), "{signal:?}");
        let outcome = Record::read(folder.path()).expect("a record").last.outcome;
        let expected = code - 128;
        assert_eq!(outcome, GuestOutcome::Interrupted { signal: expected });
    }
}

#[test]
fn simulator_ends_with_a_vm_that_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut child, simulator) = long_run(folder.path(), "");
    child.kill().expect("killed");
    child.wait().expect("vm ends");
    assert!(has_ended(simulator));
}

#[test]
fn time_limit_ends_the_run_with_246() {
    let folder = tempfile::tempdir().expect("a folder");
    let (child, simulator) = long_run(folder.path(), "--timeout 8");
    let output = child.wait_with_output().expect("vm ends");
    assert_eq!(output.status.code(), Some(246), "{output:?}");
    assert!(has_ended(simulator));
}

#[test]
fn closed_output_is_250_and_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = folder.path().join("plan.txt");
    fs::write(&plan, LINES.repeat(50)).expect("a plan");
    let options = format!("--vcpus 8 --stdin {}", plan.display());
    let mut command = vm(&options, "batch");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("vm starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("vm ends");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(250), "{messages}");
    assert!(!messages.contains("panicked"), "{messages}");
}

#[test]
fn record_on_standard_error_and_the_command_line_of_print() {
    let output = vm("--json", "lock-load run --run-ms 1").output();
    let output = output.expect("vm runs");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = messages.lines().last().expect("a line");
    let record: Record = serde_json::from_str(line).expect(line);
    assert_eq!(record.last.tier, Tier::Sim);
    let printed = vm("--vcpus 64 --cpus 0-15 --seed 9 --print", "batch").output();
    let printed = String::from_utf8(printed.expect("vm runs").stdout).expect("text");
    assert!(
        printed.starts_with("# sim\nsetpriv --pdeathsig KILL "),
        "{printed}"
    );
    for words in ["batch --cpus 16 --vcpus 64 ", "--policy eevdf", "--seed 9"] {
        assert!(printed.contains(words), "{printed}");
    }
}
