// SPDX-License-Identifier: GPL-2.0

//! Free memory, measured at rest so that two measurements are comparable.

use std::{
    fs,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

#[derive(Clone, Copy, Debug)]
pub struct Free {
    /// Pages in the free lists and in the per-CPU page lists.
    pub free: i64,
    /// The kernel's estimate of available memory, and the per-CPU page lists.
    pub available: i64,
}

/// Allowed change of free memory, in KiB.
pub const LEAK: i64 = 1024;
/// Two measurements that differ by less, in KiB, are of a system at rest.
const REST: i64 = 64;

/// Drops the caches and measures once two measurements agree.
pub fn free() -> Result<Free> {
    let until = Instant::now() + Duration::from_secs(10);
    let mut last = once()?;
    loop {
        sleep(Duration::from_millis(300));
        let now = once()?;
        let still = (now.free - last.free).abs() < REST;
        if still || Instant::now() > until {
            return Ok(now);
        }
        last = now;
    }
}

fn once() -> Result<Free> {
    rustix::fs::sync();
    write("/proc/sys/vm/drop_caches", "3")?;
    // Folds the per-CPU counts.
    write("/proc/sys/vm/stat_refresh", "1")?;
    let meminfo = read("/proc/meminfo")?;
    let kept = kept(&read("/proc/zoneinfo")?) * page_kib();
    Ok(Free {
        free: kib(&meminfo, "MemFree:")? + kept,
        available: kib(&meminfo, "MemAvailable:")? + kept,
    })
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
