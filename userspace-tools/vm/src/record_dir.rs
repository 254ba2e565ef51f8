// SPDX-License-Identifier: GPL-2.0

//! Folder of the record: one run writes there at a time, and finds no file of an earlier one.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{anyhow, Context, Result};
use dir_owner::Owner;
use vm_record::{GROUP_FILE, OUTPUT_FAILED, RECORD_FILE};

use crate::plan::{warn, Plan};

/// The logs of an attempt.
const LOGS: [&str; 4] = ["console", "qemu", "l1", "guest-qemu"];

/// Makes the folder, if there is to be one, and owns it until the result is dropped.
pub fn open(plan: &Plan) -> Result<Option<Owner>> {
    let Some(folder) = &plan.options.record else {
        return Ok(None);
    };
    let what = || format!("cannot use --record {}", folder.display());
    fs::create_dir_all(folder).with_context(what)?;
    // The group owns the folder of its first guest.
    let is_first = plan.options.barrier.is_none();
    let owner = is_first.then(|| Owner::take(folder)).transpose();
    let owner = owner.map_err(|why| match why.raw_os_error() {
        Some(_) => anyhow!("{}: {why}", what()),
        // It has another owner.
        None => anyhow!(
            "{}: {why} (allowed: a folder of its own). Try: --record {}-2",
            what(),
            folder.display()
        ),
    })?;
    remove_earlier(folder).with_context(what)?;
    Ok(owner)
}

/// Removes what an earlier run left: its console would be taken for this one's.
fn remove_earlier(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let log = name.strip_suffix(".log").unwrap_or_default();
        let log = log.split_once("-attempt-").map_or(log, |(log, _)| log);
        if LOGS.contains(&log) || name == RECORD_FILE || name == GROUP_FILE {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Renames the logs of an attempt that another one follows.
pub fn keep_logs(plan: &Plan, number: usize) {
    if let Some(folder) = &plan.options.record {
        for name in LOGS {
            // A log that does not exist was never written.
            let to = folder.join(format!("{name}-attempt-{number}.log"));
            let _ = fs::rename(folder.join(format!("{name}.log")), to);
        }
    }
}

/// Writes a file there, if there is to be one; gives the exit code of `vm`, by `code` that of the guest.
pub fn written(plan: &Plan, code: u8, write: impl FnOnce(&Path) -> io::Result<()>) -> u8 {
    let Some(folder) = &plan.options.record else {
        return code;
    };
    match (write(folder), code) {
        (Ok(()), code) => code,
        (Err(error), code) => {
            let folder = folder.display();
            warn(&format!("cannot write the record to {folder}: {error}"));
            match code {
                0 => OUTPUT_FAILED,
                code => code,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_an_earlier_run_are_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = [
            "console.log",
            "guest-qemu-attempt-1.log",
            RECORD_FILE,
            "notes.log",
            "output",
        ];
        for name in names {
            fs::write(folder.path().join(name), "").expect(name);
        }
        remove_earlier(folder.path()).expect("removed");
        let left = names.map(|name| folder.path().join(name).exists());
        assert_eq!(left, [false, false, false, true, true]);
    }
}
