// SPDX-License-Identifier: GPL-2.0

//! Checks of the guest's paravirt mode: known, as expected, and other modes are refused.

use abi::lock_load::{KernelLock, Mode, ModeWanted};
use results::{Case, Verdict};

use super::{
    check::{found, Check},
    session::{reason, Session},
};

pub fn checks() -> Vec<Check> {
    vec![
        Check::new("mode", "known, and equal to SLOWPATH_MODE", mode),
        Check::new(
            "a run in any other mode is refused",
            "ENODEV, with both names",
            others,
        ),
    ]
}

fn mode(session: &Session) -> debugfs::Result<Case> {
    let machine = session.run(&session.base())?.machine;
    let fits = match machine.mode {
        Mode::Pv => machine.kernel_lock == KernelLock::Pv,
        Mode::Native => machine.kernel_lock == KernelLock::Native,
        Mode::Tas => machine.kernel_lock == KernelLock::TestAndSet,
        Mode::Dedicated => machine.kernel_lock != KernelLock::Pv,
        Mode::Single | Mode::Unknown => false,
    };
    let (mode, lock, kick) = (machine.mode, machine.kernel_lock, machine.kick);
    let wanted = match session.mode {
        ModeWanted::Any => String::new(),
        wanted => format!(", SLOWPATH_MODE={wanted}"),
    };
    let measured = format!("{mode}: kernel/raw_spin is {lock}, kicks go by {kick}{wanted}");
    let case = found(measured, fits && session.mode.admits(mode));
    Ok(case
        .with("mode", mode.name())
        .with("kernel_lock", lock.name())
        .with("kick", kick.name()))
}

fn others(session: &Session) -> debugfs::Result<Case> {
    let here = session.run(&session.base())?.machine.mode;
    let (mut refused, mut wrong) = (0, Vec::new());
    for &mode in ModeWanted::ALL.iter().filter(|mode| !mode.admits(here)) {
        let mut config = session.base();
        config.mode = mode;
        match session.run(&config) {
            Err(e) if e.is_lack() => {
                let why = reason(&e);
                let names = [format!("mode={mode}"), format!("mode {here}")];
                match names.iter().all(|name| why.contains(name)) {
                    true => refused += 1,
                    false => wrong.push(format!("{mode}: {why}")),
                }
            }
            Err(e @ debugfs::Error::Interrupted { .. }) => return Err(e),
            Err(e) => wrong.push(format!("{mode}: {e}")),
            Ok(_) => wrong.push(format!("{mode}: ran")),
        }
    }
    let case = match (wrong.is_empty(), refused) {
        (false, _) => found(wrong.join("; "), false),
        (true, 0) => found("there is no other mode", Verdict::NotMeasured),
        (true, _) => found(format!("{refused} refused"), true),
    };
    Ok(case.with("refused", refused))
}
