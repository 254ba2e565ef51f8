// SPDX-License-Identifier: GPL-2.0

//! The end of the guest.

use std::thread;
use std::time::Duration;

use rustix::process::{kill_process_group, Pid, Signal};
use rustix::system::{reboot, RebootCommand};

/// Kills every process but this one. `kill(-1)`, which is what the "group" of process 1 means.
pub fn kill_all() {
    // ESRCH: there was none.
    let _ = kill_process_group(Pid::INIT, Signal::KILL);
}

/// Powers the guest off; returns only if the kernel refuses.
pub fn off() {
    rustix::fs::sync();
    if let Err(error) = reboot(RebootCommand::PowerOff) {
        eprintln!("guest: power off: {error}");
        // Returning would panic the kernel as "Attempted to kill init", which says less.
        thread::sleep(Duration::from_secs(5));
    }
}
