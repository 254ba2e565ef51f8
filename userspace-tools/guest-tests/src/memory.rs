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

/// What `/proc/meminfo` says that the kernel uses memory for.
const USES: [&str; 6] = [
    "Shmem",
    "SReclaimable",
    "SUnreclaim",
    "KernelStack",
    "VmallocUsed",
    "Percpu",
];

/// Memory that is free or a program's, and how much the kernel uses for what, in KiB. The heap of this program
/// grows and shrinks by megabytes; what a module loses is neither.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    free: i64,
    uses: [i64; USES.len()],
}

impl Memory {
    /// What grew since `before`, in KiB each.
    fn grown_since(&self, before: &Self) -> String {
        let grown = USES.iter().zip(self.uses.iter().zip(before.uses));
        let grown = grown.filter(|(_, (now, then))| *now > then);
        let words = grown.map(|(usage, (now, then))| format!("{usage} {}", now - then));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// Fails if more than is `allowed` was lost between each two consecutive measurements of `free` memory.
pub fn flat(what: &str, free: &[Memory], allowed: i64) -> Result<Found> {
    let pairs = || free.windows(2).map(|pair| (pair[0], pair[1]));
    let losses: Vec<_> = pairs().map(|(a, b)| a.free - b.free).collect();
    let least = *losses.iter().min().context("one measurement")?;
    let grown: Vec<_> = pairs().map(|(a, b)| b.grown_since(&a)).collect();
    let allowed = match Path::new(complaints::KMEMLEAK).exists() {
        true => QUARANTINE,
        false => allowed,
    };
    let text = format!(
        "{what}; KiB lost of {}: {losses:?}, allowed at least once: {allowed}; grown: {grown:?}",
        free[0].free
    );
    let why = format!("lost {least} KiB or more each time; allowed: {allowed}");
    Ok(Found::new(text)
        .with("memory_kib", -least)
        .with("memory_allowed_kib", -allowed)
        .require(least <= allowed, why))
}

/// Free memory: drops the caches, and measures until two measurements agree.
pub fn free() -> Result<Memory> {
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

/// Pages in the free lists and in the per-CPU page lists, in KiB.
fn once() -> Result<Memory> {
    rustix::fs::sync();
    write("/proc/sys/vm/drop_caches", "3")?;
    // Folds the per-CPU counts.
    write("/proc/sys/vm/stat_refresh", "1")?;
    let meminfo = read("/proc/meminfo")?;
    let programs = kib(&meminfo, "AnonPages")? + kib(&meminfo, "PageTables")?;
    let free = kib(&meminfo, "MemFree")? + kept(&read("/proc/zoneinfo")?) * page_kib() + programs;
    let mut uses = [0; USES.len()];
    for (usage, value) in USES.iter().zip(&mut uses) {
        *value = kib(&meminfo, usage)?;
    }
    Ok(Memory { free, uses })
}

fn kib(meminfo: &str, key: &str) -> Result<i64> {
    let value = meminfo
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let value = value.and_then(|v| v.trim().strip_suffix(" kB")?.parse().ok());
    value.with_context(|| format!("/proc/meminfo: no `{key}: … kB`"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(free: i64, percpu: i64) -> Memory {
        let mut uses = [100; USES.len()];
        uses[USES.len() - 1] = percpu;
        Memory { free, uses }
    }

    #[test]
    fn what_was_lost_each_time_fails_and_is_named() {
        let leak = [memory(9000, 0), memory(6000, 1000), memory(4000, 3000)];
        let found = flat("leak", &leak, 1500).unwrap().into_case("leak");
        assert!(found.to_json().contains("lost 2000 KiB or more each time"));
        assert!(
            found.to_json().contains("Percpu 2000"),
            "{}",
            found.to_json()
        );
        let once = [memory(9000, 0), memory(6000, 1000), memory(5900, 1000)];
        let found = flat("once", &once, 1500).unwrap().into_case("once");
        assert!(found.to_json().contains("PASS"), "{}", found.to_json());
        assert!(flat("one", &leak[..1], 1500).is_err());
    }
}
