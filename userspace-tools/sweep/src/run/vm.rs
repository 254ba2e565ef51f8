// SPDX-License-Identifier: GPL-2.0

//! Call of `vm` for one guest boot: the arguments that `sweep` passes, and what its exit code means here.

use std::{path::Path, path::PathBuf, time::Duration};

use vm_record::{GuestFailure, Tier, OUTPUT_FAILED};

use crate::{
    plan::{guest::Guest, runs::Boot},
    store::directory::PLAN,
};

/// The environment variable that names another `vm`.
const VM: &str = "SLOWPATH_VM";

/// The command that boots the guest, and leaves its record in `dir`. The guest's own words follow.
pub fn command(guest: &Guest, timeout: Duration, dir: &Path) -> Vec<String> {
    let mut command = vec![program().display().to_string(), "run".into()];
    let mut put = |key: &str, value: &str| command.extend([key.into(), value.into()]);
    put("--vcpus", &guest.vcpus.to_string());
    put("--cpus", &guest.cpus);
    put("--tier", &guest.tier);
    if let Some(mode) = &guest.mode {
        put("--mode", mode);
    }
    if !guest.is_simulated() {
        put("--memory", &guest.memory.to_string());
    }
    put("--timeout", &timeout.as_secs().to_string());
    put("--record", &dir.display().to_string());
    command.extend(guest.words.iter().cloned());
    command
}

/// The command that boots the guest and runs the plan in `dir`. A simulated boot is a seed: its number.
pub fn batch(boot: &Boot, timeout: Duration, dir: &Path) -> Vec<String> {
    let mut command = command(&boot.guest, timeout, dir);
    if boot.guest.is_simulated() {
        command.extend(["--seed".into(), boot.number.to_string()]);
    }
    // Its records are kept if it is lost.
    command.push("--live".into());
    let plan = dir.join(PLAN).display().to_string();
    command.extend(["--stdin", &plan, "--", "batch"].map(String::from));
    command
}

/// `vm` as [`VM`] names it, from beside `sweep`, or from the path.
pub fn program() -> PathBuf {
    if let Some(named) = std::env::var_os(VM) {
        return named.into();
    }
    let beside = std::env::current_exe().map(|exe| exe.with_file_name("vm"));
    beside.ok().filter(|vm| vm.is_file()).unwrap_or("vm".into())
}

/// Whether this exit code of `vm` says that the emulator, not the load, is the likely cause of the guest's end.
pub fn lost(code: i32, guest: &Guest) -> bool {
    let is_nested = guest.tier == Tier::Nested.name();
    GuestFailure::from_code(code).is_some_and(|failure| failure.is_of_emulator(is_nested))
}

/// What an exit code of `vm` reports of a guest that did not complete its plan.
pub fn meaning(code: Option<i32>) -> String {
    let Some(code) = code else {
        return "vm was killed".into();
    };
    match (code, GuestFailure::from_code(code)) {
        (_, Some(failure)) => failure.to_string(),
        (0, None) => "the guest's batch ended early".into(),
        (2, None) => "vm refused its arguments".into(),
        (code, None) if code == i32::from(OUTPUT_FAILED) => "vm could not write its files".into(),
        (code, None) => format!("the guest's batch, or vm, failed with exit code {code}"),
    }
}
