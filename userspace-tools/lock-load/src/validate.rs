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

use debugfs::{tool::Checks, Interrupt};
use results::Verdict;

pub use self::arguments::Validate;
use self::{check::Check, session::Session};

pub const HELP: &str = "\
Examples:
  lock-load validate --quick
  lock-load validate --lock pv_queued,pv_ticket --halts 100000 --ktap

Each line is a check: what is measured, what is allowed, and the verdict. Two controls are among
them: a dropped kick and a lock that does not exclude must be caught. With --lock mcs/busted the
dropped kick is checked like any other lock, and fails.

It needs two vCPUs. The module is removed during a run and inserted again; without the module's
file, that check is skipped.";

/// Makes the checks and shows them; returns the worst verdict.
pub fn validate(root: &Path, wanted: &Validate) -> anyhow::Result<Verdict> {
    let opened = Session::open(root, wanted, Interrupt::catch()?);
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
