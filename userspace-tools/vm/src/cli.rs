// SPDX-License-Identifier: GPL-2.0

//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use hosting::CpuList;
use vm_record::{Mode, PreemptTarget, TierChoice, MAX_VCPUS};

const EXAMPLE: &str = "\
Example: 8 vCPUs on 2 CPUs, one lock, its report
  vm run --vcpus 8 --cpus 0-1 -- lock-load run --lock ticket --threads 8
The same under paravirt locks on any host: KVM in an emulated machine with one CPU
  vm run --tier nested --mode pv --vcpus 8 -- lock-load run --lock ticket --threads 8
With 4 vCPUs per CPU, beside a CPU hog on CPU 0 (`sweep` runs lists of ratios)
  vm run --ratio 4 --cpus 0-1 --hog 0 -- lock-load run --lock tas --threads 2
With the vCPU of the lock's holder stopped now and then
  vm run --vcpus 4 --preempt holder -- lock-load run --lock mcs/halt --threads 4
Two guests that meet before each command of theirs
  vm run --guests 2 -- sh -c 'lock-load run --lock tas; barrier; lock-load run --lock ttas'";

const RETRIES: &str = "\
A guest lost to the emulator (no hello, or a silent death before the command printed anything) is
started again, at most twice; a silent death after output was passed on is not, because that output
would come twice. In the tier nested guests are lost now and then, so the output waits for the
verdict; a silent death, or a failure of the L1 hypervisor, is then repeated at most twice,
a hang or a stall once. What failed with a word is never repeated, nor is a guest of a group. Each
repeat is said, and is in the record.";

/// What stands behind the options in `--help`.
fn after_help() -> String {
    format!("{EXAMPLE}\n\n{}{RETRIES}", vm_record::exit_code_help())
}

/// Boots guests of the stock kernel: vCPUs on chosen CPUs, watched, with a verdict.
#[derive(Debug, Parser)]
#[command(name = "vm", version, after_help = after_help())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What `vm` can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Boots a guest, runs one command in it, exits with the command's status.
    #[command(after_help = after_help())]
    Run(Box<Run>),
}

/// The wishes for one run.
#[derive(Debug, Args)]
pub struct Run {
    /// Number of vCPUs [default: 2; 1 in --mode single].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_VCPUS)))]
    pub vcpus: Option<u32>,
    /// vCPUs per CPU: without --vcpus the guest has that many times the CPUs, with it that few CPUs.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub ratio: Option<u32>,
    /// So many guests at once, which wait for each other before the command starts and whenever it runs
    /// `barrier`. The first is the one whose output and record are this run's; those of the others go to
    /// DIR/guest-N, or without --record to standard error.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(2..=16))]
    pub guests: Option<u32>,
    /// The socket of the group that this guest is in.
    #[arg(long, value_name = "SOCKET", hide = true)]
    pub barrier: Option<PathBuf>,
    /// Host CPUs for the guest, vCPUs round robin over them, for instance 0-1,3 [default: all].
    #[arg(long, value_name = "LIST")]
    pub cpus: Option<CpuList>,
    /// What executes the guest; `auto` takes KVM if this very job boots on it, else TCG, and never nested.
    #[arg(long, value_enum, default_value_t = TierChoice::Auto)]
    pub tier: TierChoice,
    /// What the guest's own spinlock must be; a guest where it is something else is refused.
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,
    /// A neighbour that eats these CPUs while the command runs (tier nested: emulated CPUs, from 0).
    #[arg(long, value_name = "LIST")]
    pub hog: Option<CpuList>,
    /// Stop vCPUs when the guest asks for it at port 0xe9; whom is told to the command (SLOWPATH_PREEMPT).
    #[arg(long, value_enum, value_name = "WHO")]
    pub preempt: Option<PreemptTarget>,
    /// Boot another mode than the one that is asked for, to see it refused.
    #[arg(long, value_enum, hide = true, requires = "mode")]
    pub boot_mode: Option<Mode>,
    /// CPUs of the L1 hypervisor (tier nested): its vCPUs, on --cpus, run the guest's. With more
    /// than 1 some guests die without a word and are started again.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4))]
    pub emulated_cpus: u32,
    /// The guest's memory.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(128..))]
    pub memory: u32,
    /// How long the command may run.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
    /// The image to boot [default: $SLOWPATH_IMAGE, else build/image].
    #[arg(long, value_name = "DIR")]
    pub image: Option<PathBuf>,
    /// Where to leave record.json, console.log and qemu.log.
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// A file that becomes the command's standard input.
    #[arg(long, value_name = "FILE")]
    pub stdin: Option<PathBuf>,
    /// Pass output on at once (tier nested), although a repetition would send it again from its start.
    #[arg(long)]
    pub live: bool,
    /// Write the record as one line to standard error, instead of words.
    #[arg(long)]
    pub json: bool,
    /// Show the QEMU command lines of the tier and run nothing.
    #[arg(long)]
    pub print: bool,
    /// Say nothing unless something went wrong.
    #[arg(long, short)]
    pub quiet: bool,
    /// Load no modules first.
    #[arg(long, conflicts_with = "module")]
    pub no_modules: bool,
    /// Load only this module (repeat for more) [default: all of the image].
    #[arg(long, value_name = "NAME")]
    pub module: Vec<String>,
    /// One more word for the guest's kernel (repeat for more).
    #[arg(long, value_name = "WORD", hide = true, allow_hyphen_values = true)]
    pub kernel_arg: Vec<String>,
    /// How long the hello may take, in seconds [default: 20 times the overcommit ratio].
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub boot_limit: Option<u64>,
    /// How long heartbeats may fail, in seconds [default: 15 times the overcommit ratio].
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
