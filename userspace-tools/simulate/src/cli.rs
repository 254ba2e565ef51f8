// SPDX-License-Identifier: GPL-2.0

//! Command line of `simulate`.

use std::{fs, path::PathBuf};

use abi::lock_load::{Config, ModeWanted};
use anyhow::{anyhow, bail, Context};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use cpu_list::CpuList;
use machine::{
    BoostHolder, Costs, CpuId, Credit2, Eevdf, Fair, Gang, Hog, Ns, PauseLoop, Plan, Policy,
    RoundRobin, Topology,
};
use results::Settings;
use vm_record::{CostsName, SchedulingPolicy, SimulatedMachine, MAX_SIMULATED_VCPUS};

const HELP: &str = "\
Examples:
  simulate run --cpus 2 lock=pv_queued threads=8
  simulate run --cpus 8 sloppy-counter counter=sloppy threads=64 run_ms=5
  simulate run --cpus 2 job-runner policy=steal_aware max_threads=8
  printf 'lock-load lock=ticket threads=1024\\n' | simulate batch --cpus 256
  simulate run --vcpus 64 --cpus 16 --costs my.toml --policy credit2 --seed 7 lock=pv_ticket threads=64
  simulate why --cpus 2 --seed 7 lock=ticket threads=8
  simulate replay 7 --without 34 --cpus 2 lock=ticket threads=8
  simulate explore
  simulate explore --first 7 --seeds 1 lock/pv_queued";

/// Runs the modules on a simulated machine: their algorithms, unchanged
#[derive(Parser)]
#[command(version, after_help = format!("{HELP}\n\n{}", exit_code::help()))]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Runs with the settings of a module and prints a record
    Run {
        #[command(flatten)]
        machine: MachineOptions,
        /// Settings of `lock-load`, or a module and its settings; `threads` (`max_threads`) is the number of
        /// vCPUs
        #[arg(value_name = "[MODULE] KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Runs each line of the standard input, `MODULE KEY=VALUE …`, and prints a record for each
    Batch {
        #[command(flatten)]
        machine: MachineOptions,
    },
    /// Runs as `run` does, and writes what happened to a file for Perfetto
    Trace {
        #[command(flatten)]
        machine: MachineOptions,
        /// The file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Settings, as of `lock-load`
        #[arg(value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Runs as `run` does, and shows the longest waits: their true parts, the cause in the report, and how
    /// long they would have been if the preemptions of the cause had cost nothing
    Why {
        #[command(flatten)]
        machine: MachineOptions,
        /// Waits to show
        #[arg(long, value_name = "N", default_value_t = 5)]
        waits: usize,
        /// Settings, as of `lock-load`
        #[arg(value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Runs a seed with a preemption and without it, and shows how long the waits that met it were in both
    ///
    /// `why` and `trace` show the numbers of preemptions. Without it means that its vCPU goes on at once, on a CPU
    /// that no other uses; all that came before is the same.
    Replay {
        /// The seed
        #[arg(id = "replayed", value_name = "SEED")]
        seed: u64,
        /// Numbers of preemptions, all of them left out
        #[arg(
            long,
            value_name = "PREEMPTION",
            required = true,
            value_delimiter = ','
        )]
        without: Vec<u64>,
        #[command(flatten)]
        machine: MachineOptions,
        /// Waits to show
        #[arg(long, value_name = "N", default_value_t = 5)]
        waits: usize,
        /// Settings, as of `lock-load`
        #[arg(value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Looks for mistakes of locks, counters, chunk policies and bottlenecks under schedules at random
    Explore {
        /// Schedules of each; one that is broken on purpose has up to four times as many, until it is caught in
        /// twice as many
        #[arg(long, value_name = "N", default_value_t = 50)]
        seeds: u64,
        /// The first seed
        #[arg(long, value_name = "N", default_value_t = 1)]
        first: u64,
        /// Threads of this host that explore [default: one for each CPU]
        #[arg(long, value_name = "N")]
        jobs: Option<usize>,
        /// These alone, as lock/ticket, counter/sloppy, chunks/stealing or ids/percpu
        #[arg(value_name = "SUBJECT")]
        subjects: Vec<String>,
    },
}

impl Command {
    /// The machine that it simulates, if that is one of the user's.
    pub fn machine(&self) -> Option<&MachineOptions> {
        match self {
            Self::Run { machine, .. }
            | Self::Batch { machine }
            | Self::Trace { machine, .. }
            | Self::Why { machine, .. }
            | Self::Replay { machine, .. } => Some(machine),
            Self::Explore { .. } => None,
        }
    }
}

/// The simulated machine.
#[derive(Args)]
pub struct MachineOptions {
    /// CPUs of the host
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub cpus: u32,
    /// vCPUs of the guest, the most that `threads` may be
    #[arg(long, value_name = "N", default_value_t = MAX_SIMULATED_VCPUS,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SIMULATED_VCPUS)))]
    vcpus: u32,
    /// The guest's own lock, kernel/raw_spin, of runs that do not state it by `mode`
    #[arg(long, value_enum)]
    mode: Option<LockMode>,
    /// CPUs of a socket [default: all]
    #[arg(long, value_name = "N")]
    pub per_socket: Option<u32>,
    /// Scheduling policy of the hypervisor
    #[arg(long, value_enum, default_value = SimulatedMachine::default().policy.name())]
    policy: SchedulingPolicy,
    /// Time slice of the hypervisor, in microseconds; the rate limit of credit2
    #[arg(long, value_name = "US", default_value_t = SimulatedMachine::default().slice_us)]
    slice_us: u32,
    /// Period of the hypervisor's tick, in microseconds
    #[arg(long, value_name = "US", default_value_t = 4000)]
    host_tick_us: u32,
    /// For how long a vCPU in a critical section may run on beyond its slice, in microseconds; 0: not at all
    #[arg(long, value_name = "US", default_value_t = 0)]
    boost_us: u32,
    /// Window of pause-loop exiting, in nanoseconds; 0: none
    #[arg(long, value_name = "NS", default_value_t = SimulatedMachine::default().pause_loop_ns)]
    pause_loop_ns: u32,
    /// Factor by which the window grows at each exit, until the vCPU gets a CPU anew; 1: it does not
    #[arg(long, value_name = "N", default_value_t = SimulatedMachine::default().pause_loop_grow,
        value_parser = clap::value_parser!(u32).range(1..=64))]
    pause_loop_grow: u32,
    /// Whether a kick gives the kicker's CPU to the kicked vCPU, as KVM's hypercall does since Linux 5.4
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, default_value_t = SimulatedMachine::default().kick_yields)]
    kick_yields: bool,
    /// For how long the host polls at most before it takes a halted vCPU off its CPU, in nanoseconds; it adapts
    /// to the length of halts, as KVM does; 0: not at all
    #[arg(long, value_name = "NS", default_value_t = SimulatedMachine::default().halt_poll_ns)]
    halt_poll_ns: u32,
    /// CPU hogs on these CPUs of the host, counted from 0
    #[arg(long, value_name = "LIST")]
    hog: Option<CpuList>,
    /// How long a hog computes at a time, in microseconds
    #[arg(long, value_name = "US", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    hog_busy_us: u32,
    /// How long it sleeps then, in microseconds; 0: it never does
    #[arg(long, value_name = "US", default_value_t = 0)]
    hog_idle_us: u32,
    /// Period of the guest's tick, in microseconds; 0: none
    #[arg(long, value_name = "US", default_value_t = 4000)]
    tick_us: u32,
    /// Costs of the machine: `default`, NAME of scripts/costs/NAME.toml, or a file that ends in .toml
    #[arg(long, value_name = "NAME", default_value_t = SimulatedMachine::default().costs, value_parser = known_costs)]
    costs: String,
    /// Decides all that is random; the same line run again in a batch has another one
    #[arg(long, value_name = "N", default_value_t = SimulatedMachine::default().seed)]
    pub seed: u64,
}

/// What the guest's own lock is.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LockMode {
    /// Paravirt queue lock
    Pv,
    /// Test and set
    Tas,
}

/// How long after its time a run may take to end; a plan that ends earlier takes a slow lock for a stuck one.
const LEAVE_NS: Ns = 60_000_000_000;

impl MachineOptions {
    /// The settings that a line has, of any module.
    pub fn settings<S: Settings>(&self, text: &str) -> anyhow::Result<S> {
        let mut settings = S::default();
        let taken = settings.take(text, self.vcpus);
        taken.map_err(|refusal| anyhow!("{refusal}"))?;
        Ok(settings)
    }

    /// The settings of a run, which the guest allows.
    pub fn config(&self, settings: &str) -> anyhow::Result<Config> {
        let mut config: Config = self.settings(settings)?;
        let mode = self.mode.map(|mode| match mode {
            LockMode::Pv => ModeWanted::Pv,
            LockMode::Tas => ModeWanted::Tas,
        });
        match (mode, config.mode) {
            (Some(mode), ModeWanted::Any) => config.mode = mode,
            (Some(mode), wanted) if mode != wanted => {
                bail!("cannot run with mode={wanted}: the guest's is {mode}. Try: --mode {wanted}")
            }
            _ => {}
        }
        Ok(config)
    }

    /// The plan of a run of `run_ms`.
    pub fn plan(&self, seed: u64, run_ms: u32) -> anyhow::Result<Plan> {
        let (window, costs) = (Ns::from(self.pause_loop_ns), read_costs(&self.costs)?);
        Ok(Plan {
            topology: Topology {
                cpus: self.cpus,
                per_core: 1,
                per_socket: self.per_socket.unwrap_or(self.cpus),
            },
            costs,
            seed,
            end: Ns::from(run_ms) * 1_000_000 + LEAVE_NS,
            pause_loop: (window > 0).then_some(PauseLoop {
                window,
                gap: 128,
                shrink: 0,
                grow: self.pause_loop_grow.into(),
                max: Ns::MAX / 2,
            }),
            halt_poll: self.halt_poll_ns.into(),
            halt_poll_grow: 2,
            hogs: self.hogs(),
            tick: Ns::from(self.tick_us) * 1000,
            hints_sections: self.boost_us > 0,
            kick_yields: self.kick_yields,
            ..Plan::new(self.cpus)
        })
    }

    /// Refuses what one option allows and another does not.
    ///
    /// # Errors
    ///
    /// If a hog has no CPU.
    pub fn check(&self) -> Result<(), String> {
        let all = CpuList::first(self.cpus as usize);
        let missing = self.hog.as_ref().and_then(|hog| hog.missing_in(&all));
        missing.map_or(Ok(()), |cpu| {
            Err(format!(
                "cannot run a hog: no such CPU ({cpu}; allowed: {all}). Try: --cpus {}",
                cpu + 1
            ))
        })
    }

    fn hogs(&self) -> Vec<Hog> {
        let hog = |cpu| Hog {
            cpu: Some(CpuId(cpu as u32)),
            busy: Ns::from(self.hog_busy_us) * 1000,
            idle: Ns::from(self.hog_idle_us) * 1000,
        };
        let cpus = self.hog.iter().flat_map(CpuList::iter);
        cpus.map(hog).collect()
    }

    /// The policy of a run.
    pub fn policy(&self, seed: u64) -> Box<dyn Policy> {
        let ns = |us: u32| Ns::from(us) * 1000;
        let (slice, cpus) = (ns(self.slice_us), self.cpus);
        let policy: Box<dyn Policy> = match self.policy {
            SchedulingPolicy::RoundRobin => Box::new(RoundRobin::new(slice, seed)),
            SchedulingPolicy::Fair => Box::new(Fair::new(cpus, slice, 1_000_000, seed)),
            SchedulingPolicy::Eevdf => {
                Box::new(Eevdf::new(cpus, slice, ns(self.host_tick_us), seed))
            }
            SchedulingPolicy::Credit2 => Box::new(Credit2::new(slice, seed)),
            SchedulingPolicy::Gang => Box::new(Gang::new(cpus, slice)),
        };
        match self.boost_us {
            0 => policy,
            us => Box::new(BoostHolder::new(policy, ns(us))),
        }
    }
}

/// The costs of that name, or in that file.
fn read_costs(costs: &str) -> anyhow::Result<Costs> {
    let default = SimulatedMachine::default();
    let is_default = costs == default.costs;
    let path = SimulatedMachine {
        costs: costs.into(),
        ..default
    }
    .costs_file();
    if is_default && !path.exists() {
        return Ok(Costs::default());
    }
    let shown = path.display();
    let text = fs::read_to_string(&path).with_context(|| {
        let next = "Try: default, or a file that ends in .toml";
        format!("cannot read the costs in {shown} (allowed: a name in scripts/costs). {next}")
    })?;
    let costs: Costs = toml::from_str(&text).with_context(|| format!("cannot use {shown}"))?;
    match costs.error() {
        Some(error) => bail!("cannot use {shown}: {error}"),
        None => Ok(costs),
    }
}

fn known_costs(costs: &str) -> anyhow::Result<String> {
    CostsName::of(costs).map_err(anyhow::Error::msg)?;
    read_costs(costs)?;
    Ok(costs.into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn man_page_and_completions_are_written() {
        cli_docs::write(<super::Cli as clap::CommandFactory>::command());
    }
}
