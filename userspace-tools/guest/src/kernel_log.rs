// SPDX-License-Identifier: GPL-2.0

//! Kernel log: the console's level, and lines for the host.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;

/// Prints warnings and worse on the console, so that the host sees a `WARNING:` too.
pub fn show_warnings() -> io::Result<()> {
    fs::write("/proc/sys/kernel/printk", "5")
}

const LOCKS: [&str; 4] = [
    "Hypervisor detected",
    "Xen version",
    "PV spinlocks",
    "PV qspinlock",
];

/// The log lines on the hypervisor and on the kernel's own spinlock.
pub fn about_locks() -> Vec<String> {
    let lines = open().map(rest).unwrap_or_default().into_iter();
    let about_locks = |line: &String| LOCKS.iter().any(|text| line.contains(text));
    lines.filter(about_locks).collect()
}

/// How long the kernel initialised deferred page descriptors, of several nodes the longest.
pub fn deferred_init_ms() -> Option<u64> {
    let lines = open().map(rest).unwrap_or_default();
    lines.iter().filter_map(|line| deferred_init(line)).max()
}

/// The time in a line `node 0 deferred pages initialised in 32ms`.
fn deferred_init(line: &str) -> Option<u64> {
    let (_, time) = line.split_once(" deferred pages initialised in ")?;
    time.trim().strip_suffix("ms")?.parse().ok()
}

/// The log from here on.
pub fn from_here() -> io::Result<File> {
    let mut log = open()?;
    log.seek(SeekFrom::End(0))?;
    Ok(log)
}

/// The last lines, at most `count`.
pub fn last(log: File, count: usize) -> Vec<String> {
    let mut lines = rest(log);
    lines.split_off(lines.len().saturating_sub(count))
}

fn open() -> io::Result<File> {
    let nonblock = OFlags::NONBLOCK.bits() as i32;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(nonblock).open("/dev/kmsg")
}

fn rest(mut log: File) -> Vec<String> {
    let mut lines = Vec::new();
    // One read gives one record: `priority,sequence,time,flags;text`.
    let mut record = [0; 8192];
    loop {
        match log.read(&mut record) {
            Ok(0) => return lines,
            Ok(length) => {
                let text = String::from_utf8_lossy(&record[..length]);
                let text = text.split_once(';').map_or(&*text, |(_, text)| text);
                lines.extend(text.lines().next().map(str::to_owned));
            }
            // The oldest records were overwritten meanwhile.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(_) => return lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_deferred_init_is_read_from_its_line_alone() {
        for (line, due) in [
            ("node 0 deferred pages initialised in 32ms", Some(32)),
            ("node 11 deferred pages initialised in 0ms", Some(0)),
            ("node 0 deferred pages initialised in ms", None),
            ("Memory: 1965008K/2096632K available", None),
        ] {
            assert_eq!(deferred_init(line), due, "{line}");
        }
    }
}
