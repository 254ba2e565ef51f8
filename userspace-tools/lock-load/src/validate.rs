// SPDX-License-Identifier: GPL-2.0

//! `lock-load validate`: does paravirt locking work here?

mod check;
mod halts;
mod kicks;
mod locks;
mod machine;
mod removal;
mod session;
mod show;

use std::path::{Path, PathBuf};

use abi::lock_load::{KickBy, Lock};
use clap::{Args, Subcommand};
use debugfs::{Error, Interrupt};

use self::{check::Check, session::Session};

const HELP: &str = "\
Examples:
  lock-load validate --quick
  lock-load validate --lock pv_queued,pv_ticket --halts 100000 --ktap

Each line is a check: what was measured, what is allowed, and whether it holds. A dropped kick and a
lock that does not exclude are among them, and must be noticed: with --lock mcs/busted it is put to
the test like any other lock, and fails.

It takes two vCPUs. The module is removed while a run is under way, and inserted again, unless its
file is not there: then that check is skipped, and says so.";

/// The tool's own commands.
#[derive(Subcommand)]
pub enum Own {
    /// Check that paravirt locking works here; exit 0 only if all holds
    #[command(after_help = HELP)]
    Validate(Validate),
}

/// What to check.
#[derive(Args)]
pub struct Validate {
    /// Fewer halts and shorter runs, for a minute at most
    #[arg(long)]
    quick: bool,
    /// Check these locks only [default: all that promise something]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = lock)]
    lock: Vec<Lock>,
    /// Halts to be forced on the first lock that halts, of which none may be lost; a fiftieth on
    /// each other [default: 1000000, 20000 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(100..=100_000_000))]
    halts: Option<u64>,
    /// How halted vCPUs are woken where locks are checked [allowed: auto hypercall ipi pv_ops]
    #[arg(long, value_name = "HOW", value_parser = kick, default_value = "auto")]
    kick: KickBy,
    /// The module's file, to insert it again after it was removed
    #[arg(long, value_name = "FILE", default_value = "/lib/modules/lock-load.ko")]
    module: PathBuf,
    /// Print KTAP, version 1
    #[arg(long, conflicts_with = "json")]
    ktap: bool,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl debugfs::tool::Own for Own {
    fn obey(self, root: &Path) -> anyhow::Result<bool> {
        let Self::Validate(wanted) = self;
        let session = Session::open(root, &wanted, Interrupt::catch()?)?;
        let groups = [
            machine::checks(),
            kicks::checks(&session),
            halts::checks(&session),
            locks::checks(&session),
            removal::checks(&session),
        ];
        let checks: Vec<Check> = groups.into_iter().flatten().collect();
        let mut show = show::Show::begin(wanted.ktap, wanted.json, checks.len());
        for check in checks {
            show.now(check.name());
            let done = check.make(&session);
            if let Some(Error::Interrupted { .. }) = done.error() {
                return Err(done.into_error());
            }
            show.add(done);
        }
        show.end()
    }
}

fn lock(name: &str) -> Result<Lock, String> {
    name.parse()
        .map_err(|_| format!("no such lock; allowed: {}", Lock::NAMES.join(" ")))
}

fn kick(name: &str) -> Result<KickBy, String> {
    name.parse()
        .map_err(|_| format!("no such way; allowed: {}", KickBy::NAMES.join(" ")))
}
