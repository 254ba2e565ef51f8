// SPDX-License-Identifier: GPL-2.0

//! Free memory, measured at rest so that two measurements are comparable.

use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::{complaints, suite::Found};

/// Allowed loss of free memory, in KiB.
pub const LOSS: i64 = 1024;
/// The same where kmemleak looks for what was lost: KASAN keeps freed memory in quarantine.
const QUARANTINE: i64 = 128 * 1024;
/// Two measurements that differ by less, in KiB, are of a system at rest.
const REST: i64 = 64;

/// Fails if more than is `allowed` was lost between each two consecutive measurements of `free` memory.
pub fn flat(what: &str, free: &[i64], allowed: i64) -> Result<Found> {
    let losses: Vec<_> = free.windows(2).map(|pair| pair[0] - pair[1]).collect();
    let least = *losses.iter().min().context("one measurement")?;
    let allowed = match Path::new(complaints::KMEMLEAK).exists() {
        true => QUARANTINE,
        false => allowed,
    };
    let text = format!(
        "{what}; KiB lost of {}: {losses:?}, allowed at least once: {allowed}",
        free[0]
    );
    let why = format!("lost {least} KiB or more each time; allowed: {allowed}");
    Ok(Found::new(text)
        .with("memory_kib", -least)
        .with("memory_allowed_kib", -allowed)
        .require(least <= allowed, why))
}

/// Free memory, in KiB: drops the caches, and measures until two measurements agree.
pub fn free() -> Result<i64> {
    let until = Instant::now() + Duration::from_secs(10);
    let mut last = once()?;
    loop {
        sleep(Duration::from_millis(300));
        let now = once()?;
        let still = (now - last).abs() < REST;
        if still || Instant::now() > until {
            return Ok(now);
        }
        last = now;
    }
}

/// Pages in the free lists and in the per-CPU page lists, in KiB.
fn once() -> Result<i64> {
    rustix::fs::sync();
    write("/proc/sys/vm/drop_caches", "3")?;
    // Folds the per-CPU counts.
    write("/proc/sys/vm/stat_refresh", "1")?;
    let free = kib(&read("/proc/meminfo")?, "MemFree:")?;
    Ok(free + kept(&read("/proc/zoneinfo")?) * page_kib())
}

fn kib(meminfo: &str, key: &str) -> Result<i64> {
    let value = meminfo.lines().find_map(|line| line.strip_prefix(key));
    let value = value.and_then(|v| v.trim().strip_suffix(" kB")?.parse().ok());
    value.with_context(|| format!("/proc/meminfo: no `{key} … kB`"))
}

/// Pages in the per-CPU page lists: the lines `count: N` of the page sets.
fn kept(zoneinfo: &str) -> i64 {
    let counts = zoneinfo
        .lines()
        .filter_map(|l| l.trim().strip_prefix("count:"));
    counts.filter_map(|n| n.trim().parse::<i64>().ok()).sum()
}

fn page_kib() -> i64 {
    rustix::param::page_size() as i64 / 1024
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.to_owned())
}

fn write(path: &str, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| path.to_owned())
}
