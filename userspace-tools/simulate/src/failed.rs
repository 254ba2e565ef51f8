// SPDX-License-Identifier: GPL-2.0

//! Why a run is not simulated, or did not end.

use std::{fmt, io};

/// Why a run is not simulated, or did not end.
#[derive(Debug)]
pub enum Failed {
    /// The lock is the kernel's own, and there is no model of it.
    KernelLock(&'static str),
    /// It is the kernel's own, and there is no model of it.
    NoModel(&'static str),
    /// A setting that the simulator does not know.
    Setting(&'static str),
    /// The module refused the settings.
    Refused(String),
    /// So many threads never left the run: a lost wake-up, or a plan that ends too early.
    Stuck(usize),
    /// A thread's stack could not be allocated.
    Memory(io::Error),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KernelLock(name) => {
                write!(
                    f,
                    "cannot simulate {name}: there is no model of it. Try: kernel/raw_spin"
                )
            }
            Self::NoModel(name) => {
                write!(
                    f,
                    "cannot simulate {name}: it is the kernel's own, and there is no model of it"
                )
            }
            Self::Refused(reason) => f.write_str(reason),
            Self::Setting(name) => write!(f, "cannot simulate {name}: a guest is needed for that"),
            Self::Stuck(threads) => {
                write!(f, "cannot end the run: {threads} threads never left it")
            }
            Self::Memory(error) => write!(f, "cannot make the stack of a vCPU: {error}"),
        }
    }
}

impl std::error::Error for Failed {}

impl From<rig::Failed> for Failed {
    fn from(failed: rig::Failed) -> Self {
        match failed {
            rig::Failed::Refused(refused) => Self::Refused(refused.to_string()),
            rig::Failed::Stuck(threads) => Self::Stuck(threads),
            rig::Failed::Memory(error) => Self::Memory(error),
        }
    }
}
