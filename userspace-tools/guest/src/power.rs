// SPDX-License-Identifier: GPL-2.0

//! End of the guest: kills its processes, powers it off.

use std::thread;

use rustix::process::{kill_process_group, Pid, Signal};
use rustix::system::{reboot, RebootCommand};

use crate::limits::POWER_OFF;

/// Kills every process but this one. `kill(-1)`, which is what the "group" of process 1 means.
pub fn kill_all() {
    // ESRCH: there is none.
    let _ = kill_process_group(Pid::INIT, Signal::KILL);
}

/// Powers the guest off; returns only if the kernel refuses.
pub fn off() {
    rustix::fs::sync();
    if let Err(error) = reboot(RebootCommand::PowerOff) {
        eprintln!("guest: power off: {error}");
        // Returning would panic the kernel as "Attempted to kill init", which explains less.
        thread::sleep(POWER_OFF);
    }
}
