// SPDX-License-Identifier: GPL-2.0

//! Command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use cpu_list::CpuList;
use vm_record::{
    Hypervisor, Mode, Numa, PreemptTarget, SchedulingPolicy, TierChoice, MAX_EMULATED_CPUS,
    MAX_GUESTS, MAX_RATIO, MAX_SIMULATED_VCPUS, SLICES_US,
};

const EXAMPLES: &str = "\
Examples:
8 vCPUs on 2 CPUs, one lock, its report
  vm run --vcpus 8 --cpus 0-1 -- lock-load run --lock ticket --threads 8
The same under paravirt locks on any host: KVM in an emulated machine with one CPU
  vm run --tier nested --mode pv --vcpus 8 -- lock-load run --lock ticket --threads 8
The same again under Xen, which needs `make image-xen` once
  vm run --tier xen --mode pv --vcpus 8 -- lock-load run --lock ticket --threads 8
4 vCPUs per CPU, beside a CPU hog on CPU 0 (`sweep` runs lists of ratios)
  vm run --ratio 4 --cpus 0-1 --hog 0 -- lock-load run --lock tas --threads 2
The lock holder's vCPU preempted every now and then
  vm run --vcpus 4 --preempt holder -- lock-load run --lock mcs/halt --threads 4
vCPUs that run 16 ms before another one's turn
  vm run --ratio 4 --slice-us 16000 -- lock-load run --lock ticket --threads 8
Two NUMA nodes, the second farther than usual and without memory
  vm run --vcpus 4 --numa nodes=2,distance=40,memoryless=1 -- lock-load run --lock cna/spin --threads 4
Instructions instead of time: the cost of an operation, whatever else the host does
  vm run --tier count --vcpus 2 -- lock-load run --lock ticket --threads 1 --hold-ns 0 --idle-ns 0
1,024 vCPUs on 256 CPUs that this host does not have: the algorithms of lock-load, simulated
  vm run --tier sim --vcpus 1024 --cpus 0-255 -- lock-load run --lock pv_queued --threads 1024
Two guests that meet at a barrier before each command
  vm run --guests 2 -- sh -c 'lock-load run --lock tas; barrier; lock-load run --lock ttas'";

const RETRIES: &str = "\
Retries: vm boots a guest again, at most twice, if the emulator is the likely cause: no hello, a stall
before any module is loaded, vCPUs missing, or an exit without a report before the command printed anything
(its output would come twice). In the tier nested such losses are more frequent, so vm holds the output
until the outcome is known (not with --live), and also retries a failure of the L1 hypervisor and a panic
before the first process (twice), a hang and a stall (once). vm never retries a command's own failure,
another panic, or a guest of a group. Each retry is reported, and is in the record.";

fn after_help() -> String {
    let (caveat, codes) = (vm_record::COUNT_CAVEAT, vm_record::exit_code_help());
    format!("{EXAMPLES}\n\nIn {caveat}.\n\n{codes}\n{RETRIES}")
}

/// Boots guests of the stock kernel: vCPUs on chosen CPUs, one command, an exit code for each failure.
#[derive(Debug, Parser)]
#[command(name = "vm", version, after_help = after_help())]
pub struct Cli {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Boots a guest, runs one command in it, exits with the command's status.
    #[command(after_help = after_help())]
    Run(Box<RunOptions>),
}

#[derive(Debug, Args)]
pub struct RunOptions {
    /// Number of vCPUs, up to 255; in tier sim up to 4096 [default: 2; 1 in --mode single].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SIMULATED_VCPUS)))]
    pub vcpus: Option<u32>,
    /// vCPUs per CPU: without --vcpus the guest has that many times the CPUs, with it that few CPUs.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RATIO)))]
    pub ratio: Option<u32>,
    /// Run K guests at once, which meet at a barrier before the command starts and whenever it runs
    /// `barrier`. Output and record of this run are the first guest's; those of the others go to
    /// DIR/guest-N, or without --record to standard error.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(2..=i64::from(MAX_GUESTS)))]
    pub guests: Option<u32>,
    /// Socket of the group that this guest belongs to; --guests then has no effect.
    #[arg(long, value_name = "SOCKET", hide = true)]
    pub barrier: Option<PathBuf>,
    /// Host CPUs for the guest, vCPUs round robin over them, for instance 0-1,3 [default: all]. In tier sim
    /// they are simulated, whatever the host has, and the policy places vCPUs [default: 0-1].
    #[arg(long, value_name = "LIST")]
    pub cpus: Option<CpuList>,
    /// What executes the guest; `auto` takes KVM if this guest boots on it, else TCG, and never nested.
    #[arg(long, value_enum, default_value_t = TierChoice::Auto)]
    pub tier: TierChoice,
    /// The paravirt mode of the guest's own spinlock; a guest in another mode is refused.
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,
    /// The hypervisor that the guest sees (tier nested): KVM, or KVM's emulation of Xen's hypercalls, whose kicks
    /// yield to no vCPU. The tier xen has Xen itself [default: kvm].
    #[arg(long, value_enum)]
    pub hypervisor: Option<Hypervisor>,
    /// Run a CPU hog on these CPUs during the command (tier nested: emulated CPUs, from 0; tier sim: those of
    /// --cpus).
    #[arg(long, value_name = "LIST")]
    pub hog: Option<CpuList>,
    /// Preempt vCPUs when the guest requests it at port 0xe9; the command finds the target in
    /// SLOWPATH_PREEMPT.
    #[arg(long, value_enum, value_name = "TARGET")]
    pub preempt: Option<PreemptTarget>,
    /// Slice of the host's scheduler for each vCPU's thread, at which it is preempted if others wait
    /// (Linux 6.12 and later; tier nested: of the L1 hypervisor's scheduler; tier sim: of --policy). No wake-up of QEMU's threads
    /// ends it, but threads of other processes on these CPUs do.
    #[arg(long, value_name = "US", value_parser = clap::value_parser!(u32).range(i64::from(*SLICES_US.start())..=i64::from(*SLICES_US.end())))]
    pub slice_us: Option<u32>,
    /// What decides all that is random in tier sim; with the settings of a run it decides its result [default: 1].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Costs of the simulated machine (tier sim): NAME of scripts/costs/NAME.toml, or a file that ends in
    /// .toml [default: default].
    #[arg(long, value_name = "NAME")]
    pub costs: Option<String>,
    /// Scheduling policy of the simulated hypervisor (tier sim) [default: eevdf].
    #[arg(long, value_enum)]
    pub policy: Option<SchedulingPolicy>,
    /// Window of pause-loop exiting of the simulated processor (tier sim); 0: none [default: 0].
    #[arg(long, value_name = "NS")]
    pub pause_loop_ns: Option<u32>,
    /// Factor by which the window grows at each exit, until the vCPU gets a CPU anew (tier sim) [default: 2].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub pause_loop_grow: Option<u32>,
    /// For how long the simulated host polls at most before it takes a halted vCPU off its CPU, as KVM does for 200,000
    /// (tier sim); 0: not at all [default: 0].
    #[arg(long, value_name = "NS")]
    pub halt_poll_ns: Option<u32>,
    /// Whether a kick gives the kicker's CPU to the kicked vCPU, as KVM's hypercall does since Linux 5.4 (tier sim)
    /// [default: false].
    #[arg(long, value_name = "BOOL")]
    pub kick_yields: Option<bool>,
    /// Boot another mode than the one asked for, to see it refused.
    #[arg(long, value_enum, hide = true, requires = "mode")]
    pub boot_mode: Option<Mode>,
    /// CPUs that QEMU emulates for the hypervisor (tiers nested and xen), on --cpus; they run the guest's vCPUs.
    /// With more than 1 some nested guests exit without reporting and are retried, and Xen boots slowly.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_EMULATED_CPUS)))]
    pub emulated_cpus: u32,
    /// Memory of the guest.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub memory: u32,
    /// NUMA nodes of the guest: N, or nodes=N[,distance=D][,memoryless=M]. vCPUs and memory are split evenly; two
    /// nodes have distance D [default: 20], and the last M have no memory. In tier sim N sockets of simulated CPUs.
    #[arg(long, value_name = "NODES")]
    pub numa: Option<Numa>,
    /// Time limit of the command.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
    /// The image to boot [default: $SLOWPATH_IMAGE, else that of the checkout that this vm was built in].
    #[arg(long, value_name = "DIR")]
    pub image: Option<PathBuf>,
    /// Write record.json, console.log and qemu.log here; those of an earlier run are removed.
    #[arg(long, value_name = "DIR", overrides_with = "record")]
    pub record: Option<PathBuf>,
    /// A regular file for the command's standard input.
    #[arg(long, value_name = "FILE")]
    pub stdin: Option<PathBuf>,
    /// Pass output on at once (tier nested too): a guest that is lost after some is not booted again.
    #[arg(long)]
    pub live: bool,
    /// Write the record to standard error as one line, instead of messages.
    #[arg(long)]
    pub json: bool,
    /// Print the command lines of the tier, of QEMU or of the simulator, and run nothing.
    #[arg(long)]
    pub print: bool,
    /// Print nothing but failures.
    #[arg(long, short)]
    pub quiet: bool,
    /// Load no modules.
    #[arg(long, conflicts_with = "module")]
    pub no_modules: bool,
    /// Load only this module (repeat for more) [default: all of the image].
    #[arg(long, value_name = "NAME")]
    pub module: Vec<String>,
    /// One more word of the guest's kernel command line (repeat for more).
    #[arg(long, value_name = "WORD", hide = true, allow_hyphen_values = true)]
    pub kernel_arg: Vec<String>,
    /// One more word of Xen's command line (repeat for more).
    #[arg(long, value_name = "WORD", hide = true, allow_hyphen_values = true)]
    pub xen_arg: Vec<String>,
    /// Time limit of the hello [default: 20 s times the overcommit ratio].
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub boot_limit: Option<u64>,
    /// Longest time without a heartbeat [default: 15 s times the overcommit ratio].
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub silence_limit: Option<u64>,
    /// The command and its arguments, as the guest sees them.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

#[cfg(test)]
mod tests {
    #[test]
    fn man_page_and_completions_are_written() {
        cli_docs::write(<super::Cli as clap::CommandFactory>::command());
    }
}
