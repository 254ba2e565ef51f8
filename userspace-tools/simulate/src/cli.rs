// SPDX-License-Identifier: GPL-2.0

//! Command line of `simulate`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use machine::{
    BoostHolder, Costs, Credit2, Eevdf, Fair, Gang, Ns, PauseLoop, Plan, Policy, RoundRobin, Topology,
};

const HELP: &str = "\
Examples:
  simulate run --cpus 2 lock=pv_queued threads=8
  printf 'lock-load lock=ticket threads=1024\\n' | simulate batch --cpus 256
  simulate why --cpus 2 --seed 7 lock=ticket threads=8
  simulate explore --seeds 1000";

/// Runs lock contention on a simulated machine: the algorithms of the module, unchanged
#[derive(Parser)]
#[command(version, after_help = format!("{HELP}\n\n{}", exit_code::help()))]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Runs with the settings of `lock-load` and prints a record
    Run {
        #[command(flatten)]
        machine: MachineOptions,
        /// Settings, as of `lock-load`; `threads` is the number of vCPUs
        #[arg(value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Runs each line of the standard input, `lock-load KEY=VALUE …`, and prints a record for each
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
    /// Looks for mistakes of locks under schedules at random
    Explore {
        /// Schedules of each lock
        #[arg(long, value_name = "N", default_value_t = 1000)]
        seeds: u64,
        /// The first seed
        #[arg(long, value_name = "N", default_value_t = 1)]
        first: u64,
        /// These locks alone
        #[arg(value_name = "LOCK")]
        locks: Vec<String>,
    },
}

/// The hypervisor's scheduling policy.
#[derive(Clone, Copy, ValueEnum)]
pub enum PolicyName {
    /// A slice each in turn
    RoundRobin,
    /// Least virtual run time first: Linux up to 6.5
    Fair,
    /// Earliest eligible virtual deadline first: Linux since 6.6
    Eevdf,
    /// The most credit first: Xen
    Credit2,
    /// All vCPUs of a guest at the same time
    Gang,
}

/// The simulated machine.
#[derive(Args)]
pub struct MachineOptions {
    /// CPUs of the host
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub cpus: u32,
    /// CPUs of a socket [default: all]
    #[arg(long, value_name = "N")]
    pub per_socket: Option<u32>,
    /// Scheduling policy of the hypervisor
    #[arg(long, value_enum, default_value = "eevdf")]
    policy: PolicyName,
    /// Time slice of the hypervisor, in microseconds; the rate limit of credit2
    #[arg(long, value_name = "US", default_value_t = 2800)]
    slice_us: u32,
    /// Period of the hypervisor's tick, in microseconds
    #[arg(long, value_name = "US", default_value_t = 4000)]
    host_tick_us: u32,
    /// For how long a vCPU in a critical section may run on beyond its slice, in microseconds; 0: not at all
    #[arg(long, value_name = "US", default_value_t = 0)]
    boost_us: u32,
    /// Window of pause-loop exiting, in nanoseconds; 0: none
    #[arg(long, value_name = "NS", default_value_t = 0)]
    pause_loop_ns: Ns,
    /// Period of the guest's tick, in microseconds; 0: none
    #[arg(long, value_name = "US", default_value_t = 4000)]
    tick_us: u32,
    /// Costs of the machine, a file in TOML
    #[arg(long, value_name = "FILE", value_parser = read_costs)]
    costs: Option<Costs>,
    /// Decides all that is random; a run's is this plus its number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// How long after its time a run may take to end; a plan that ends earlier takes a slow lock for a stuck one.
const LEAVE_NS: Ns = 60_000_000_000;
/// vCPUs that a simulated guest may have.
pub const MAX_VCPUS: u32 = 4096;

impl MachineOptions {
    /// The plan of a run of `run_ms`.
    pub fn plan(&self, seed: u64, run_ms: u32) -> Plan {
        let window = self.pause_loop_ns;
        Plan {
            topology: Topology {
                cpus: self.cpus,
                per_core: 1,
                per_socket: self.per_socket.unwrap_or(self.cpus),
            },
            costs: self.costs.clone().unwrap_or_default(),
            seed,
            end: Ns::from(run_ms) * 1_000_000 + LEAVE_NS,
            pause_loop: (window > 0).then_some(PauseLoop {
                window,
                gap: 128,
                grow: 2,
                max: Ns::MAX / 2,
            }),
            tick: Ns::from(self.tick_us) * 1000,
            hints_sections: self.boost_us > 0,
            ..Plan::new(self.cpus)
        }
    }

    /// The policy of a run.
    pub fn policy(&self, seed: u64) -> Box<dyn Policy> {
        let ns = |us: u32| Ns::from(us) * 1000;
        let (slice, cpus) = (ns(self.slice_us), self.cpus);
        let policy: Box<dyn Policy> = match self.policy {
            PolicyName::RoundRobin => Box::new(RoundRobin::new(slice, seed)),
            PolicyName::Fair => Box::new(Fair::new(cpus, slice, 1_000_000, seed)),
            PolicyName::Eevdf => Box::new(Eevdf::new(cpus, slice, ns(self.host_tick_us), seed)),
            PolicyName::Credit2 => Box::new(Credit2::new(slice, seed)),
            PolicyName::Gang => Box::new(Gang::new(cpus, slice)),
        };
        match self.boost_us {
            0 => policy,
            us => Box::new(BoostHolder::new(policy, ns(us))),
        }
    }
}

fn read_costs(path: &str) -> anyhow::Result<Costs> {
    let path = PathBuf::from(path);
    let text = std::fs::read_to_string(&path)?;
    let costs: Costs = toml::from_str(&text)?;
    match costs.error() {
        Some(error) => anyhow::bail!(error),
        None => Ok(costs),
    }
}
