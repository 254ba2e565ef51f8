// SPDX-License-Identifier: GPL-2.0

//! Command line of the simulator, which the tier `sim` has in QEMU's place.

use std::path::PathBuf;

use anyhow::{bail, Context, Result};
use cpu_list::CpuList;
use vm_record::SimulatedMachine;

use super::command_line::words;
use crate::plan::Plan;

/// The environment variable that names another `simulate`.
const SIMULATE: &str = "SLOWPATH_SIMULATE";

/// The machine that the options ask for.
pub fn machine(plan: &Plan) -> SimulatedMachine {
    let (options, default) = (&plan.options, SimulatedMachine::default());
    SimulatedMachine {
        costs: options.costs.clone().unwrap_or(default.costs),
        policy: options.policy.unwrap_or(default.policy),
        slice_us: options.slice_us.unwrap_or(default.slice_us),
        seed: options.seed.unwrap_or(default.seed),
        pause_loop_ns: options.pause_loop_ns.unwrap_or(default.pause_loop_ns),
        pause_loop_grow: options.pause_loop_grow.unwrap_or(default.pause_loop_grow),
        halt_poll_ns: options.halt_poll_ns.unwrap_or(default.halt_poll_ns),
        kick_yields: options.kick_yields.unwrap_or(default.kick_yields),
        hog: options.hog.as_ref().map(|hog| places(hog, &plan.cpus)),
    }
}

/// The places of CPUs in `all`, which are the simulator's numbers of them.
fn places(cpus: &CpuList, all: &CpuList) -> String {
    let place = |cpu| all.iter().position(|other| other == cpu);
    let places = cpus.iter().filter_map(place);
    let places: Vec<String> = places.map(|place| place.to_string()).collect();
    places.join(",")
}

/// The whole command line; the kernel kills the simulator when `vm` ends, as it does QEMU.
pub fn command_line(plan: &Plan) -> Result<Vec<String>> {
    let (subcommand, settings) = subcommand(&plan.options.command)?;
    let (cpus, vcpus) = (plan.cpus.count().to_string(), plan.vcpus.to_string());
    let mut line = words(&["setpriv", "--pdeathsig", "KILL"]);
    line.push(program().display().to_string());
    line.extend(words(&[subcommand, "--cpus", &cpus, "--vcpus", &vcpus]));
    if let Some(mode) = plan.options.mode {
        line.extend(words(&["--mode", mode.name()]));
    }
    if let Some(numa) = plan.options.numa {
        let per_socket = plan.cpus.count() as u32 / numa.nodes;
        line.extend(words(&["--per-socket", &per_socket.to_string()]));
    }
    line.extend(machine(plan).options());
    line.extend(settings);
    Ok(line)
}

/// `simulate` as [`SIMULATE`] names it, from beside `vm`, or from the path.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os(SIMULATE) {
        return named.into();
    }
    let beside = std::env::current_exe().map(|exe| exe.with_file_name("simulate"));
    let beside = beside.ok().filter(|program| program.is_file());
    beside.unwrap_or("simulate".into())
}

/// The command of `simulate` that does what this one does in a guest, and the settings for it.
fn subcommand(command: &[String]) -> Result<(&'static str, Vec<String>)> {
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    match command.as_slice() {
        ["batch"] => Ok(("batch", Vec::new())),
        ["lock-load", "run", flags @ ..] => Ok(("run", settings(flags)?)),
        _ => bail!(
            "cannot simulate `{}`: no guest is there to run it (allowed: batch, lock-load run; --tier \
             sim). Try: --tier tcg",
            command.join(" ")
        ),
    }
}

/// `hold_ns=0` for each `--hold-ns 0` or `--hold-ns=0`; the output is a record of JSON anyway.
fn settings(flags: &[&str]) -> Result<Vec<String>> {
    let mut flags = flags.iter().filter(|flag| **flag != "--json");
    let mut settings = Vec::new();
    while let Some(flag) = flags.next() {
        let Some(named) = flag.strip_prefix("--") else {
            bail!("cannot simulate `lock-load run` with `{flag}` (allowed: --SETTING VALUE)");
        };
        let (key, value) = match named.split_once('=') {
            Some(both) => both,
            None => (
                named,
                *flags
                    .next()
                    .with_context(|| format!("--{named} has no value"))?,
            ),
        };
        settings.push(format!("{}={value}", key.replace('-', "_")));
    }
    Ok(settings)
}
