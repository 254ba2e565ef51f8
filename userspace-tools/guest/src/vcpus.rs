// SPDX-License-Identifier: GPL-2.0

//! vCPUs that the kernel left offline.
//!
//! An emulated kernel boots faster on two vCPUs than on many that share two CPUs: every patch of its own code
//! has to reach them all. So `vm` boots it on two there (`maxcpus=`), and the others come online here.

use std::fs;

use anyhow::{Context, Result};

const CPUS: &str = "/sys/devices/system/cpu";

pub fn bring_online() -> Result<()> {
    let present = fs::read_dir(CPUS).context(CPUS)?;
    for entry in present {
        let switch = entry.context(CPUS)?.path().join("online");
        // `cpu/online` is the list itself, and a vCPU that cannot go offline has no switch.
        if fs::read_to_string(&switch).is_ok_and(|state| state.trim() == "0") {
            fs::write(&switch, "1").with_context(|| switch.display().to_string())?;
        }
    }
    Ok(())
}
