// SPDX-License-Identifier: GPL-2.0

//! Errors of control files: each names the file, the cause and the next step.

use std::{io, path::PathBuf, time::Duration};

use abi::{status::State, Errno};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a control file.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the parts of the message")]
pub enum Error {
    /// The root is no mounted debugfs.
    #[error("cannot find debugfs: not mounted ({}). Try: mount -t debugfs none {}", .root.display(), .root.display())]
    NotMounted { root: PathBuf },
    /// The module's directory is missing.
    #[error("cannot open {}: {module}.ko is not loaded. Try: insmod {module}.ko", .path.display())]
    NotLoaded { path: PathBuf, module: &'static str },
    /// A file or directory that only root may open.
    #[error("cannot open {}: permission denied. Try: run this as root", .path.display())]
    NotRoot { path: PathBuf },
    /// A file that the kernel closes to root too.
    #[error("cannot open {}: kernel lockdown forbids it (EPERM). Try: a boot without lockdown=; `cat /sys/kernel/security/lockdown`", .path.display())]
    LockedDown { path: PathBuf },
    /// The module was removed between two calls, or while a file was open.
    #[error("cannot access {}: {module}.ko was unloaded. Try: insmod {module}.ko", .path.display())]
    Unloaded { path: PathBuf, module: &'static str },
    /// The module has another version of the text.
    #[error("cannot use {}: the module has ABI schema {theirs}, this tool {ours}. Try: both from one build", .path.display())]
    Schema {
        path: PathBuf,
        theirs: u32,
        ours: u32,
    },
    /// A file that does not parse.
    #[error("cannot parse {}: {what} ({text:?}). Try: tool and module from one build", .path.display())]
    Malformed {
        path: PathBuf,
        what: String,
        text: String,
    },
    /// The module refused a write; `why` is its own reason from `status`, and may be empty.
    #[error("cannot write `{value}` to {}: {}{}{}", .path.display(), meaning(.errno), reason(.why), next(.errno, .module))]
    Refused {
        path: PathBuf,
        value: String,
        module: &'static str,
        errno: io::Error,
        why: String,
    },
    /// A file could not be read or written for another reason.
    #[error("cannot access {}: {errno}", .path.display())]
    Io { path: PathBuf, errno: io::Error },
    /// A run exceeded its time limit.
    #[error("cannot finish the run: still {state} after {waited:.1?} ({}); wrote `stop`. Try: dmesg | tail", .path.display())]
    TimedOut {
        path: PathBuf,
        state: State,
        waited: Duration,
    },
    /// The user ended the wait.
    #[error("interrupted by signal {signal}; wrote `stop` to {}", .path.display())]
    Interrupted { signal: usize, path: PathBuf },
    /// Another user started a run meanwhile; `found` is 0 if the report is empty.
    #[error("cannot read the report: {} is of run {found}, not of run {started}. Try: one tool at a time", .path.display())]
    Overtaken {
        path: PathBuf,
        started: u64,
        found: u64,
    },
    /// A run that the module started and could not carry out.
    #[error("cannot finish run {started}: {why} ({})", .path.display())]
    Failed {
        path: PathBuf,
        started: u64,
        why: String,
    },
    /// A report whose numbers contradict each other.
    #[error("cannot trust {}: it contradicts itself: {what}", .path.display())]
    Contradiction { path: PathBuf, what: String },
}

impl Error {
    /// Whether the module refused a value as malformed or out of bounds.
    pub fn is_usage(&self) -> bool {
        matches!(self.refused(), Some(Errno::EINVAL | Errno::ERANGE))
    }

    /// Whether the module refused a run that this machine does not support.
    pub fn is_lack(&self) -> bool {
        self.refused() == Some(Errno::ENODEV)
    }

    fn refused(&self) -> Option<Errno> {
        match self {
            Self::Refused { errno, .. } => errno.raw_os_error().map(Errno),
            _ => None,
        }
    }
}

fn meaning(error: &io::Error) -> String {
    let meaning = match error.raw_os_error().map(Errno) {
        Some(Errno::EBUSY) => "a run is under way",
        Some(Errno::ENODEV) => "not supported by this machine",
        Some(Errno::EINVAL) => "malformed or unknown",
        Some(Errno::ERANGE) => "out of bounds",
        Some(Errno::ECANCELED) => "stopped before the run began",
        _ => return error.to_string(),
    };
    let errno = error.raw_os_error().map(Errno).and_then(Errno::name);
    format!("{meaning} ({})", errno.unwrap_or_default())
}

fn reason(why: &str) -> String {
    match why {
        "" => String::new(),
        why => format!(": {why}"),
    }
}

fn next(error: &io::Error, module: &str) -> String {
    match error.raw_os_error().map(Errno) {
        Some(Errno::EBUSY) => format!(". Try: {module} stop"),
        Some(Errno::EINVAL | Errno::ERANGE) => format!(". Try: {module} list"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(Errno(errno): Errno, why: &str) -> String {
        let error = Error::Refused {
            path: "/d/lock-load/config".into(),
            value: "threads=99".into(),
            module: "lock-load",
            errno: io::Error::from_raw_os_error(errno),
            why: why.into(),
        };
        error.to_string()
    }

    #[test]
    fn a_refusal_names_value_file_cause_and_next_step() {
        for (errno, why, message) in [
            (
                Errno::ERANGE,
                "`threads=99`: out of range; allowed: 1..=8",
                "out of bounds (ERANGE): `threads=99`: out of range; allowed: 1..=8. Try: lock-load list",
            ),
            (Errno::EBUSY, "", "a run is under way (EBUSY). Try: lock-load stop"),
            (
                Errno::ENODEV,
                "`mode=pv`: this guest is in mode tas",
                "not supported by this machine (ENODEV): `mode=pv`: this guest is in mode tas",
            ),
        ] {
            let begin = "cannot write `threads=99` to /d/lock-load/config: ";
            assert_eq!(refused(errno, why), format!("{begin}{message}"));
        }
        assert!(refused(Errno::ENOMEM, "").contains("Cannot allocate memory"));
    }
}
