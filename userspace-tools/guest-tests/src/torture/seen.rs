// SPDX-License-Identifier: GPL-2.0

//! Runs with torture options, and their effects as seen outside of the module.

use abi::status::State;
use anyhow::{ensure, Result};
use results::{vcpus, LockLoad, Report};

use crate::{
    subject::{fresh, halt, settings},
    threads,
};

/// A run on all vCPUs.
pub const ALL: &str = "lock=ttas threads=max";

/// All torture options at once, on all vCPUs.
pub const STORM: &str = "threads=max stutter_ms=30 shuffle_ms=10 onoff_ms=40 long_hold_ms=10 \
                     long_hold_every_ms=50 nested=4 boost_ms=20";

/// Starts a run on all vCPUs with `text` set and stops it once `seen`, which must be during the run. It is long,
/// since a guest whose host is busy sees little of it.
pub fn until(text: &str, what: &str, mut seen: impl FnMut() -> Result<bool>) -> Result<LockLoad> {
    let module = fresh::<LockLoad>()?;
    let config = settings::<LockLoad>(&format!("{ALL} run_ms=120000 {text}"))?;
    let number = module.start(&config)?;
    let running = || -> Result<bool> { Ok(module.dir().status()?.state == State::Running) };
    let outcome = loop {
        match seen() {
            Ok(false) if running()? => {}
            other => break other,
        }
    };
    halt(&module)?;
    let text = module.dir().report()?;
    ensure!(outcome?, "not seen during the run: {what}: {text}");
    let report = module.result(number)?;
    ensure!(!report.outcome().failed(), "{text}");
    Ok(report)
}

/// The fields of `/proc/PID/stat` of each thread of `lock-load`, from the state on.
pub fn stats() -> Result<Vec<Vec<String>>> {
    let all = threads::of_each("stat")?;
    let mine = all.iter().filter_map(|text| {
        let (head, tail) = text.rsplit_once(") ")?;
        let fields = tail.split_whitespace().map(Into::into);
        head.contains("(lock-load/").then(|| fields.collect())
    });
    Ok(mine.collect())
}

/// Fails unless `expected` vCPUs are online.
pub fn all_online(expected: u32) -> Result<()> {
    let found = vcpus();
    ensure!(found == expected, "{found} of {expected} vCPUs are online");
    Ok(())
}
