// SPDX-License-Identifier: GPL-2.0

//! `lock-load validate`: checks that paravirt locking works on this machine.

mod arguments;
mod check;
mod halts;
mod kicks;
mod locks;
mod machine;
mod removal;
mod session;
mod show;

use std::path::Path;

use clap::Subcommand;
use debugfs::{tool::Checks, Interrupt};
use results::Verdict;

use self::{arguments::Validate, check::Check, session::Session};

const HELP: &str = "\
Examples:
  lock-load validate --quick
  lock-load validate --lock pv_queued,pv_ticket --halts 100000 --ktap

Each line is a check: what is measured, what is allowed, and the verdict. Two controls are among
them: a dropped kick and a lock that does not exclude must be caught. With --lock mcs/busted the
dropped kick is checked like any other lock, and fails.

It needs two vCPUs. The module is removed during a run and inserted again; without the module's
file, that check is skipped.";

/// The tool's own commands.
#[derive(Subcommand)]
pub enum Own {
    /// Check that paravirt locking works here; exit 0 only if checks pass and none is worse than SKIP
    #[command(after_help = HELP)]
    Validate(Validate),
}

impl debugfs::tool::Own for Own {
    fn obey(self, root: &Path) -> anyhow::Result<Verdict> {
        let Self::Validate(wanted) = self;
        let opened = Session::open(root, &wanted, Interrupt::catch()?);
        if let Err(error) = &opened {
            Checks::refuse(wanted.output, error)?;
        }
        let session = opened?;
        let groups = [
            machine::checks(),
            kicks::checks(&session),
            halts::checks(&session),
            locks::checks(&session),
            removal::checks(&session),
        ];
        let checks: Vec<Check> = groups.into_iter().flatten().collect();
        let mut shown = Checks::begin(wanted.output, checks.len())?;
        for check in checks {
            shown.now(&check.name);
            shown.add(check.make(&session)?, "")?;
        }
        Ok(shown.end(show::table)?.verdict)
    }
}
