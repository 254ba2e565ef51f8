// SPDX-License-Identifier: GPL-2.0

//! What can go wrong with a control file, told with the file, the value and the next step.

use std::{io, path::PathBuf, time::Duration};

use abi::status::State;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The root is no mounted debugfs.
    #[error("{}: debugfs is not mounted here; as root: mount -t debugfs none {}", .root.display(), .root.display())]
    NotMounted {
        /// The directory that was taken for debugfs.
        root: PathBuf,
    },
    /// The module's directory is missing.
    #[error("{}: no such directory: {module}.ko is not loaded; as root: insmod {module}.ko", .path.display())]
    NotLoaded {
        /// The directory.
        path: PathBuf,
        /// The module that would have made it.
        module: &'static str,
    },
    /// A file or directory that only root may open.
    #[error("{}: only root may open it; run this as root", .path.display())]
    NotRoot {
        /// The file.
        path: PathBuf,
    },
    /// The module went away between two calls, or while a file was open.
    #[error("{}: gone: {module}.ko was unloaded meanwhile; as root: insmod {module}.ko", .path.display())]
    Unloaded {
        /// The file.
        path: PathBuf,
        /// The module.
        module: &'static str,
    },
    /// The module speaks another version of the text.
    #[error("{}: the module speaks ABI schema {theirs}, this tool {ours}; take both from one build", .path.display())]
    Schema {
        /// The file `abi`.
        path: PathBuf,
        /// The module's version.
        theirs: u32,
        /// The tool's.
        ours: u32,
    },
    /// A file that does not read as `abi` says it does.
    #[error("{}: {what}: {text:?}; take the tool and the module from one build", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: String,
        /// The text that stands there instead.
        text: String,
    },
    /// The module refused a write.
    #[error("{}: cannot write `{value}`: {}{}{}", .path.display(), meaning(.errno), reason(.why), next(.errno, .module))]
    Refused {
        /// The file.
        path: PathBuf,
        /// What was written.
        value: String,
        /// The module.
        module: &'static str,
        /// The errno.
        errno: io::Error,
        /// The module's own reason, from `status`; may be empty.
        why: String,
    },
    /// A file could not be read or written for another reason.
    #[error("{}: {errno}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The errno.
        errno: io::Error,
    },
    /// A run took longer than it may.
    #[error(
        "{}: still {state} after {waited:.1?}, though the run was to end by itself; wrote `stop`; \
         the kernel's log may say why: dmesg | tail", .path.display()
    )]
    TimedOut {
        /// The file `status`.
        path: PathBuf,
        /// What it showed last.
        state: State,
        /// How long that took.
        waited: Duration,
    },
    /// The user ended the wait.
    #[error("interrupted by signal {signal}; wrote `stop` to {}", .path.display())]
    Interrupted {
        /// The signal.
        signal: usize,
        /// The file `run`.
        path: PathBuf,
    },
    /// Somebody else uses the module too.
    #[error("{}: is of run {found}, not of run {started} which was started here; let one tool at a time use a module", .path.display())]
    Overtaken {
        /// The file `report`.
        path: PathBuf,
        /// The run that was started.
        started: u64,
        /// The run that the report is of; 0 if it is empty.
        found: u64,
    },
    /// A run that the module could not carry out, though it was started.
    #[error("{}: run {started} failed: {why}", .path.display())]
    Failed {
        /// The file `status`.
        path: PathBuf,
        /// The run that was started.
        started: u64,
        /// The module's own reason.
        why: String,
    },
    /// A report whose numbers contradict each other.
    #[error("{}: contradicts itself: {what}", .path.display())]
    Contradiction {
        /// The file `report`.
        path: PathBuf,
        /// The numbers.
        what: String,
    },
}

impl Error {
    /// Whether the module refused a value as malformed or out of bounds.
    pub fn is_usage(&self) -> bool {
        matches!(self.refused(), Some(errno::EINVAL | errno::ERANGE))
    }

    /// Whether the module refused a run because the machine lacks what it takes.
    pub fn is_lack(&self) -> bool {
        self.refused() == Some(errno::ENODEV)
    }

    fn refused(&self) -> Option<i32> {
        match self {
            Self::Refused { errno, .. } => errno.raw_os_error(),
            _ => None,
        }
    }
}

/// Linux' errnos that the modules use; the standard library has no stable names for all of them.
mod errno {
    pub const EBUSY: i32 = 16;
    pub const ENODEV: i32 = 19;
    pub const EINVAL: i32 = 22;
    pub const ERANGE: i32 = 34;
}

fn meaning(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(errno::EBUSY) => "a run is under way (EBUSY)".into(),
        Some(errno::ENODEV) => "this machine lacks it (ENODEV)".into(),
        Some(errno::EINVAL) => "malformed or unknown (EINVAL)".into(),
        Some(errno::ERANGE) => "out of bounds (ERANGE)".into(),
        _ => error.to_string(),
    }
}

fn reason(why: &str) -> String {
    match why {
        "" => String::new(),
        why => format!(": {why}"),
    }
}

fn next(error: &io::Error, module: &str) -> String {
    match error.raw_os_error() {
        Some(errno::EBUSY) => format!("; wait for its end, or: {module} stop"),
        Some(errno::EINVAL | errno::ERANGE) => format!("; see: {module} list"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(errno: i32, why: &str) -> String {
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
    fn a_refusal_names_file_value_meaning_reason_and_next_step() {
        assert_eq!(
            refused(errno::ERANGE, "`threads=99`: out of range; allowed: 1..=8"),
            "/d/lock-load/config: cannot write `threads=99`: out of bounds (ERANGE): \
             `threads=99`: out of range; allowed: 1..=8; see: lock-load list"
        );
        assert_eq!(
            refused(errno::EBUSY, ""),
            "/d/lock-load/config: cannot write `threads=99`: a run is under way (EBUSY); \
             wait for its end, or: lock-load stop"
        );
        assert_eq!(
            refused(errno::ENODEV, "`mode=pv`: this guest is in mode tas"),
            "/d/lock-load/config: cannot write `threads=99`: this machine lacks it (ENODEV): \
             `mode=pv`: this guest is in mode tas"
        );
        assert!(refused(12, "").contains("Cannot allocate memory"));
    }
}
