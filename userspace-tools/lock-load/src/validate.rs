// SPDX-License-Identifier: GPL-2.0

//! `lock-load validate`: checks that paravirt locking works on this machine.

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
use clap::{
    builder::{PossibleValuesParser, TypedValueParser},
    Args, Subcommand,
};
use debugfs::{Error, Interrupt};

use self::{check::Check, session::Session};

const HELP: &str = "\
Examples:
  lock-load validate --quick
  lock-load validate --lock pv_queued,pv_ticket --halts 100000 --ktap

Each line is a check: what is measured, what is allowed, and PASS, FAIL or SKIP. Two controls are
among them: a dropped kick and a lock that does not exclude must be caught. With --lock mcs/busted
the dropped kick is checked like any other lock, and fails.

It needs two vCPUs. The module is removed during a run and inserted again; without the module's
file, that check is skipped.";

/// The tool's own commands.
#[derive(Subcommand)]
pub enum Own {
    /// Check that paravirt locking works here; exit 0 only if every check passes
    #[command(after_help = HELP)]
    Validate(Validate),
}

/// What to check.
#[derive(Args)]
pub struct Validate {
    /// Fewer halts and shorter runs, for a minute at most
    #[arg(long)]
    quick: bool,
    /// Check these locks only [default: all but the controls]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = PossibleValuesParser::new(Lock::NAMES).try_map(|name| name.parse::<Lock>()))]
    lock: Vec<Lock>,
    /// Halts to force on the first lock that halts, of which none may be lost; a fiftieth on each
    /// other [default: 1000000, 20000 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(100..=100_000_000))]
    halts: Option<u64>,
    /// How halted vCPUs are kicked in the checks of locks
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(KickBy::NAMES).try_map(|name| name.parse::<KickBy>()), default_value = "auto")]
    kick: KickBy,
    /// The module's file, from which it is inserted again
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
        let mut show = show::Show::begin(wanted.ktap, wanted.json, checks.len())?;
        for check in checks {
            show.now(&check.name);
            let mut done = check.make(&session);
            if let Some(error @ Error::Interrupted { .. }) = done.error.take() {
                return Err(error.into());
            }
            show.add(done)?;
        }
        Ok(show.end()?)
    }
}
