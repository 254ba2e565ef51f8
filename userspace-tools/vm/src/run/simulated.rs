// SPDX-License-Identifier: GPL-2.0

//! Run in the tier `sim`: the simulator in QEMU's place, with the same input, output, limits and record.

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rustix::process::Signal;
use vm_record::{Attempt, GuestOutcome, Mode, Record, Tier, Times, VcpuReport, SCHEMA};

use super::record::host;
use crate::machine::simulator;
use crate::plan::{say, warn, Plan};
use crate::qemu::process::Pidfd;
use crate::record_dir;
use crate::signals::on_signal;

/// What ends a run.
enum Event {
    Ended(io::Result<ExitStatus>),
    OutputClosed(io::Error),
    Signal(i32),
}

/// Runs the command in the simulator; gives the exit code of `vm`.
pub fn run(plan: &Plan) -> Result<u8> {
    let started = SystemTime::now();
    plan.check_mode(Tier::Sim)?;
    let line = simulator::command_line(plan)?;
    let (events, queue) = mpsc::channel();
    let signals = events.clone();
    on_signal(move |signal| drop(signals.send(Event::Signal(signal))))?;
    let _owner = record_dir::open(plan)?;
    plan.info(&started_line(plan));
    let begin = Instant::now();
    let (child, pidfd) = start(plan, &line)?;
    pass_output_on(child, events)?;
    let outcome = outcome(plan, &queue, begin);
    pidfd.signal(Signal::KILL);
    let attempt = attempt(line, outcome, begin.elapsed());
    let record = record(plan, attempt, started);
    if plan.options.json {
        say(&serde_json::to_string(&record)?);
    } else if !record.last.outcome.is_command_exit() {
        warn(&record.message);
    }
    Ok(record_dir::written(plan, record.exit_code, |folder| {
        record.write(folder)
    }))
}

fn started_line(plan: &Plan) -> String {
    let machine = simulator::machine(plan);
    let pause_loops = match machine.pause_loop_ns {
        0 => String::new(),
        ns => format!(", pause-loop exits after {ns} ns"),
    };
    let yields = if machine.kick_yields {
        ", kicks that yield"
    } else {
        ""
    };
    format!(
        "sim: {} vCPUs on simulated CPUs {} ({:.1}x); simulated (costs: {}), {} with slices of {} µs{pause_loops}{yields}, \
         seed {}",
        plan.vcpus,
        plan.cpus,
        plan.ratio(Tier::Sim),
        machine.costs,
        machine.policy.name(),
        machine.slice_us,
        machine.seed
    )
}

/// Starts the simulator. Must be called by the main thread, as that of QEMU.
fn start(plan: &Plan, line: &[String]) -> Result<(Child, Pidfd)> {
    let (program, arguments) = line.split_first().context("an empty command line")?;
    let stdin = plan.open_stdin()?.map_or_else(Stdio::null, Stdio::from);
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(stdin)
        .stdout(Stdio::piped())
        // Ctrl-C on a terminal is for `vm`, which ends the simulator.
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot run {program}"))?;
    let pidfd = Pidfd::of(&child).inspect_err(|_| drop(child.kill()))?;
    Ok((child, pidfd))
}

/// Passes its output on until its end, in a thread.
fn pass_output_on(mut child: Child, events: Sender<Event>) -> Result<()> {
    let mut from = child.stdout.take().context("the simulator has no output")?;
    thread::spawn(move || {
        if let Err(error) = copy(&mut from, &mut io::stdout()) {
            let _ = events.send(Event::OutputClosed(error));
        }
        let _ = events.send(Event::Ended(child.wait()));
    });
    Ok(())
}

/// Copies each piece at once: another process reads lines as they come.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = [0; 1 << 16];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            length => {
                to.write_all(buffer.get(..length).unwrap_or_default())?;
                to.flush()?;
            }
        }
    }
}

fn outcome(plan: &Plan, queue: &Receiver<Event>, begin: Instant) -> GuestOutcome {
    let seconds = plan.options.timeout;
    let left = Duration::from_secs(seconds).saturating_sub(begin.elapsed());
    let lost = |reason: String| GuestOutcome::ChannelLost { reason };
    match queue.recv_timeout(left) {
        Ok(Event::Signal(signal)) => GuestOutcome::Interrupted { signal },
        Ok(Event::OutputClosed(error)) => GuestOutcome::OutputClosed {
            reason: error.to_string(),
        },
        Ok(Event::Ended(Ok(status))) => match (status.code(), status.signal()) {
            (Some(status), _) => GuestOutcome::Exited { status },
            (None, Some(signal)) => GuestOutcome::Signaled { signal },
            (None, None) => lost(status.to_string()),
        },
        Ok(Event::Ended(Err(error))) => lost(error.to_string()),
        Err(RecvTimeoutError::Timeout) => GuestOutcome::TimedOut { seconds },
        Err(RecvTimeoutError::Disconnected) => lost("its output ended without a status".into()),
    }
}

fn attempt(command_line: Vec<String>, outcome: GuestOutcome, took: Duration) -> Attempt {
    let ms = took.as_millis() as u64;
    Attempt {
        tier: Tier::Sim,
        command_line,
        l1: None,
        outcome,
        hello: None,
        modules: Vec::new(),
        vcpus_report: VcpuReport::default(),
        times: Times {
            qemu_start_to_first_command_ms: Some(0),
            qemu_start_to_command_end_ms: Some(ms),
            qemu_start_to_end_ms: Some(ms),
            ..Times::default()
        },
        console_findings: Vec::new(),
        scheduler: None,
    }
}

fn record(plan: &Plan, last: Attempt, started: SystemTime) -> Record {
    let started = started.duration_since(UNIX_EPOCH).unwrap_or_default();
    Record {
        schema: SCHEMA,
        started_unix: started.as_secs(),
        command: plan.options.command.clone(),
        tier_reason: "--tier sim".into(),
        release: String::new(),
        image: String::new(),
        qemu_version: String::new(),
        cpu_model: String::new(),
        memory_mib: 0,
        vcpus: plan.vcpus,
        host_cpus: plan.cpus.to_string(),
        ratio: plan.ratio(Tier::Sim),
        preempt: None,
        mode_asked: plan.options.mode,
        mode: Some(plan.options.mode.unwrap_or(Mode::Pv)),
        hypervisor: None,
        numa: plan.options.numa,
        hypervisor_asked: None,
        simulated: Some(simulator::machine(plan)),
        retries: 0,
        map_holds: None,
        host: host(),
        exit_code: last.outcome.exit_code(),
        message: last.outcome.to_string(),
        attempts: vec![last.clone()],
        last,
    }
}
