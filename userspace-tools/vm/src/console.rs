// SPDX-License-Identifier: GPL-2.0

//! The guest's console: what in it is bad, and its tail.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Text that a kernel does not print while its guest does what it should, and what it means.
const BAD: [(&str, Kind); 12] = [
    ("reboot: Restarting system", Kind::Restart),
    ("Kernel panic", Kind::Panic),
    ("BUG:", Kind::Oops),
    ("kernel BUG at", Kind::Oops),
    ("Oops", Kind::Oops),
    ("general protection fault", Kind::Oops),
    ("panicked at", Kind::Oops),
    ("KASAN", Kind::Oops),
    ("WARNING:", Kind::Warning),
    ("soft lockup", Kind::Stall),
    ("detected stall", Kind::Stall),
    ("self-detected stall", Kind::Stall),
];

/// How bad a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Somebody in the guest asked for it.
    Restart,
    /// A thread or a vCPU did not get on for long; on a busy host that need not be its fault.
    Stall,
    /// The kernel goes on.
    Warning,
    /// The kernel goes on, some of its threads may not.
    Oops,
    /// The end.
    Panic,
}

/// A bad line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub kind: Kind,
    /// The line.
    pub line: String,
}

/// The worst of a line, if it is bad at all.
pub fn judge(line: &str) -> Option<Finding> {
    let kind = BAD
        .iter()
        .filter(|(text, _)| line.contains(text))
        .map(|(_, kind)| *kind)
        .max()?;
    // `watchdog: BUG: soft lockup` is the name of a stall, not of a broken kernel.
    let stall = line.contains("soft lockup");
    let kind = if stall { Kind::Stall } else { kind };
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
    pub fn worst(&self) -> Option<Kind> {
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

    fn kind(line: &str) -> Option<Kind> {
        judge(line).map(|finding| finding.kind)
    }

    #[test]
    fn what_kernels_print_when_they_break_is_found() {
        let bad = [
            (
                "[    5.1] Kernel panic - not syncing: sysrq triggered crash",
                Kind::Panic,
            ),
            (
                "[    5.1] BUG: kernel NULL pointer dereference, address: 0000000000000000",
                Kind::Oops,
            ),
            ("[    5.1] Oops: Oops: 0002 [#1] SMP NOPTI", Kind::Oops),
            ("[    5.1] kernel BUG at mm/slub.c:563!", Kind::Oops),
            (
                "[    5.1] rust_kernel: panicked at lock_load/lock_load.rs:80:5:",
                Kind::Oops,
            ),
            (
                "[    5.1] BUG: KASAN: slab-use-after-free in run_show+0x1c/0x40",
                Kind::Oops,
            ),
            (
                "[    5.1] WARNING: CPU: 3 PID: 77 at kernel/kthread.c:75 kthread+0x1c",
                Kind::Warning,
            ),
            (
                "[   46.1] watchdog: BUG: soft lockup - CPU#3 stuck for 42s! [lock-load/3:99]",
                Kind::Stall,
            ),
            (
                "[   46.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
                Kind::Stall,
            ),
            (
                "[   46.1] rcu: INFO: rcu_preempt self-detected stall on CPU",
                Kind::Stall,
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
        assert_eq!(console.worst(), Some(Kind::Panic));
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
