// SPDX-License-Identifier: GPL-2.0

//! Kernel log: the console's level, and lines for the host.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;

/// Prints warnings and worse on the console, so that the host sees a `WARNING:` too.
pub fn show_warnings() -> io::Result<()> {
    fs::write("/proc/sys/kernel/printk", "5")
}

/// Text of the log lines on the hypervisor and on the kernel's own spinlock.
const LOCKS: [&str; 3] = ["Hypervisor detected", "PV spinlocks", "PV qspinlock"];

/// The log lines on the hypervisor and on the kernel's own spinlock.
pub fn about_locks() -> Vec<String> {
    let mut lines = Vec::new();
    read(|line| {
        if LOCKS.iter().any(|text| line.contains(text)) {
            lines.push(line.to_owned());
        }
    });
    lines
}

/// The last `count` lines that can be read.
pub fn last(count: usize) -> Vec<String> {
    let mut lines = VecDeque::new();
    read(|line| {
        lines.push_back(line.to_owned());
        if lines.len() > count {
            lines.pop_front();
        }
    });
    lines.into()
}

fn read(mut take: impl FnMut(&str)) {
    let nonblock = OFlags::NONBLOCK.bits() as i32;
    let Ok(mut log) = OpenOptions::new()
        .read(true)
        .custom_flags(nonblock)
        .open("/dev/kmsg")
    else {
        return;
    };
    // One read gives one record: `priority,sequence,time,flags;text`.
    let mut record = [0; 8192];
    loop {
        match log.read(&mut record) {
            Ok(0) => break,
            Ok(length) => {
                let text = String::from_utf8_lossy(&record[..length]);
                let text = text.split_once(';').map_or(&*text, |(_, text)| text);
                if let Some(line) = text.lines().next() {
                    take(line);
                }
            }
            // The oldest records were overwritten meanwhile.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(_) => break,
        }
    }
}
