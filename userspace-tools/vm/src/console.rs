// SPDX-License-Identifier: GPL-2.0

//! The guest's console: what in it is bad, and its tail.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use vm_record::{Finding, FindingKind};

/// Text that a kernel does not print while its guest does what it should, and what it means.
const BAD: [(&str, FindingKind); 12] = [
    ("reboot: Restarting system", FindingKind::Restart),
    ("Kernel panic", FindingKind::Panic),
    ("BUG:", FindingKind::Oops),
    ("kernel BUG at", FindingKind::Oops),
    ("Oops", FindingKind::Oops),
    ("general protection fault", FindingKind::Oops),
    ("panicked at", FindingKind::Oops),
    ("KASAN", FindingKind::Oops),
    ("WARNING:", FindingKind::Warning),
    ("soft lockup", FindingKind::Stall),
    ("detected stall", FindingKind::Stall),
    ("self-detected stall", FindingKind::Stall),
];

/// The worst of a line, if it is bad at all.
pub fn judge(line: &str) -> Option<Finding> {
    let kind = BAD
        .iter()
        .filter(|(text, _)| line.contains(text))
        .map(|(_, kind)| *kind)
        .max()?;
    // `watchdog: BUG: soft lockup` is the name of a stall, not of a broken kernel.
    let stall = line.contains("soft lockup");
    let kind = if stall { FindingKind::Stall } else { kind };
    Some(Finding {
        kind,
        line: line.trim().to_owned(),
    })
}

/// The console's file, read as it grows.
pub struct Console {
    path: PathBuf,
    read: u64,
    partial: Vec<u8>,
    lines: VecDeque<String>,
    findings: Vec<Finding>,
}

/// How many lines are kept for the tail.
const KEPT: usize = 200;
/// How many findings are kept: the first tell most.
const MOST: usize = 20;

impl Console {
    /// The console in this file, which need not be there yet.
    pub fn new(path: &Path) -> Console {
        let (partial, lines, findings) = (Vec::new(), VecDeque::new(), Vec::new());
        Console {
            path: path.to_owned(),
            read: 0,
            partial,
            lines,
            findings,
        }
    }

    /// Reads what is new.
    pub fn follow(&mut self) {
        let mut new = Vec::new();
        // A file that cannot be read now is read the next time, or its absence shows in the tail.
        if let Ok(mut file) = File::open(&self.path) {
            if file.seek(SeekFrom::Start(self.read)).is_ok() {
                let _ = file.read_to_end(&mut new);
            }
        }
        self.read += new.len() as u64;
        self.feed(&new);
    }

    /// Takes more of the text; a line counts when it is complete.
    fn feed(&mut self, new: &[u8]) {
        self.partial.extend_from_slice(new);
        while let Some(end) = self.partial.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            self.line(&String::from_utf8_lossy(&line));
        }
    }

    fn line(&mut self, line: &str) {
        let line: String = line
            .trim_end()
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        if let Some(finding) = judge(&line).filter(|_| self.findings.len() < MOST) {
            self.findings.push(finding);
        }
        self.lines.push_back(line);
        if self.lines.len() > KEPT {
            self.lines.pop_front();
        }
    }

    /// Reads the rest, an incomplete last line too.
    pub fn finish(&mut self) {
        self.follow();
        let rest = std::mem::take(&mut self.partial);
        if !rest.is_empty() {
            self.line(&String::from_utf8_lossy(&rest));
        }
    }

    /// The bad lines so far.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The worst so far.
    pub fn worst(&self) -> Option<FindingKind> {
        self.findings.iter().map(|finding| finding.kind).max()
    }

    /// The last `count` lines.
    pub fn tail(&self, count: usize) -> Vec<&str> {
        let skip = self.lines.len().saturating_sub(count);
        self.lines.iter().skip(skip).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(line: &str) -> Option<FindingKind> {
        judge(line).map(|finding| finding.kind)
    }

    #[test]
    fn what_kernels_print_when_they_break_is_found() {
        let bad = [
            (
                "[    5.1] Kernel panic - not syncing: sysrq triggered crash",
                FindingKind::Panic,
            ),
            (
                "[    5.1] BUG: kernel NULL pointer dereference, address: 0000000000000000",
                FindingKind::Oops,
            ),
            (
                "[    5.1] Oops: Oops: 0002 [#1] SMP NOPTI",
                FindingKind::Oops,
            ),
            ("[    5.1] kernel BUG at mm/slub.c:563!", FindingKind::Oops),
            (
                "[    5.1] rust_kernel: panicked at lock_load/lock_load.rs:80:5:",
                FindingKind::Oops,
            ),
            (
                "[    5.1] BUG: KASAN: slab-use-after-free in run_show+0x1c/0x40",
                FindingKind::Oops,
            ),
            (
                "[    5.1] WARNING: CPU: 3 PID: 77 at kernel/kthread.c:75 kthread+0x1c",
                FindingKind::Warning,
            ),
            (
                "[   46.1] watchdog: BUG: soft lockup - CPU#3 stuck for 42s! [lock-load/3:99]",
                FindingKind::Stall,
            ),
            (
                "[   46.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
                FindingKind::Stall,
            ),
            (
                "[   46.1] rcu: INFO: rcu_preempt self-detected stall on CPU",
                FindingKind::Stall,
            ),
        ];
        for (line, expected) in bad {
            assert_eq!(kind(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_healthy_kernels_print_is_not() {
        for line in [
            "[    1.2] pci 0000:00:1f.2: BAR 4 [io  0xc040-0xc05f]",
            "[    3.9] lock_load: loading out-of-tree module taints kernel.",
            "[    0.4] x86/cpu: SGX disabled or unsupported by BIOS.",
            "[    2.1] ACPI: Debugger interface enabled",
            "",
        ] {
            assert_eq!(kind(line), None, "{line}");
        }
    }

    #[test]
    fn a_line_in_pieces_is_one_finding() {
        let mut console = Console::new(Path::new("/nonexistent"));
        console.feed(b"fine\r\nKernel pa");
        assert_eq!(console.worst(), None);
        console.feed(b"nic - not syncing: x\r\nmore");
        assert_eq!(console.worst(), Some(FindingKind::Panic));
        assert_eq!(console.findings().len(), 1);
        console.finish();
        assert_eq!(console.tail(2), ["Kernel panic - not syncing: x", "more"]);
    }

    #[test]
    fn a_flood_is_bounded_and_the_first_findings_are_kept() {
        let mut console = Console::new(Path::new("/nonexistent"));
        for number in 0..20_000 {
            console.feed(format!("WARNING: ü {number}\n").as_bytes());
        }
        assert_eq!(console.findings().len(), MOST);
        assert_eq!(console.findings()[0].line, "WARNING: ü 0");
        assert_eq!(console.lines.len(), KEPT);
        assert_eq!(console.tail(1), ["WARNING: ü 19999"]);
    }
}
