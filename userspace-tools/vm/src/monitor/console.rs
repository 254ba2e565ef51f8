// SPDX-License-Identifier: GPL-2.0

//! Console of a virtual machine: lines that report a failure, and the last lines.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use vm_record::{Finding, FindingKind};

use crate::limits::{CONSOLE_FINDINGS, CONSOLE_LINES, REPORT_LINES};

/// What Xen prints before the name of its scheduler.
const SCHEDULER: &str = "(XEN) Using scheduler: ";

const PATTERNS: [(&str, FindingKind); 14] = [
    ("reboot: Restarting system", FindingKind::Restart),
    ("Out of memory: Killed process", FindingKind::OutOfMemory),
    ("Kernel panic", FindingKind::Panic),
    ("(XEN) Panic on CPU", FindingKind::Panic),
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

pub fn finding(line: &str) -> Option<Finding> {
    let matching = PATTERNS.iter().filter(|(text, _)| line.contains(text));
    let kind = matching.map(|(_, kind)| *kind).max()?;
    // `watchdog: BUG: soft lockup` reports a stall, not a broken kernel.
    let stall = line.contains("soft lockup");
    let kind = if stall { FindingKind::Stall } else { kind };
    Some(Finding {
        kind,
        line: line.trim().to_owned(),
    })
}

#[derive(Default)]
pub struct Console {
    path: PathBuf,
    read: u64,
    partial: Vec<u8>,
    lines: VecDeque<String>,
    findings: Vec<Finding>,
    scheduler: Option<String>,
}

impl Console {
    /// The console in this file, which need not exist yet.
    pub fn new(path: &Path) -> Console {
        Console {
            path: path.to_owned(),
            ..Console::default()
        }
    }

    pub fn follow(&mut self) {
        let mut new = Vec::new();
        // A file that cannot be read now is read the next time.
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
        let line = line.trim_end().replace(char::is_control, "");
        if let Some(finding) = finding(&line).filter(|_| self.findings.len() < CONSOLE_FINDINGS) {
            self.findings.push(finding);
        }
        if let Some((_, scheduler)) = line.split_once(SCHEDULER) {
            self.scheduler = Some(scheduler.to_owned());
        }
        self.lines.push_back(line);
        if self.lines.len() > CONSOLE_LINES {
            self.lines.pop_front();
        }
    }

    /// Reads the rest, an incomplete last line too; gives the findings and the last lines: `lines` of them,
    /// or all from the first finding on, up to [`REPORT_LINES`], since a trace begins far above its panic.
    pub fn finish(&mut self, lines: usize) -> (Vec<Finding>, Vec<String>) {
        self.follow();
        let rest = std::mem::take(&mut self.partial);
        if !rest.is_empty() {
            self.line(&String::from_utf8_lossy(&rest));
        }
        let last = self.lines.len().saturating_sub(lines);
        let first = self.lines.iter().position(|line| finding(line).is_some());
        let skip = first.map_or(last, |first| first.min(last));
        let tail = self.lines.iter().skip(skip).take(REPORT_LINES.max(lines));
        (self.findings.clone(), tail.cloned().collect())
    }

    /// The scheduler of Xen, if this is its console.
    pub fn scheduler(&self) -> Option<String> {
        self.scheduler.clone()
    }

    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The first line of this kind.
    pub fn first(&self, kind: FindingKind) -> Option<String> {
        let found = self.findings.iter().find(|finding| finding.kind == kind)?;
        Some(found.line.clone())
    }

    pub fn worst(&self) -> Option<FindingKind> {
        self.findings.iter().map(|finding| finding.kind).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_found_and_healthy_lines_are_not() {
        let lines = "\
            Panic: Kernel panic - not syncing: sysrq triggered crash
            Panic: (XEN) Panic on CPU 0:
            Oops: BUG: kernel NULL pointer dereference, address: 0000000000000000
            Oops: Oops: Oops: 0002 [#1] SMP NOPTI
            Oops: kernel BUG at mm/slub.c:563!
            Oops: rust_kernel: panicked at lock_load/lock_load.rs:80:5:
            Oops: BUG: KASAN: slab-use-after-free in run_show+0x1c/0x40
            Warning: WARNING: CPU: 3 PID: 77 at kernel/kthread.c:75 kthread+0x1c
            Stall: watchdog: BUG: soft lockup - CPU#3 stuck for 42s! [lock-load/3:99]
            Stall: rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
            Stall: rcu: INFO: rcu_preempt self-detected stall on CPU
            OutOfMemory: Out of memory: Killed process 77 (sh) total-vm:2180kB, anon-rss:1040kB
            None: pci 0000:00:1f.2: BAR 4 [io  0xc040-0xc05f]
            None: lock_load: loading out-of-tree module taints kernel.
            None: x86/cpu: SGX disabled or unsupported by BIOS.
            None: ACPI: Debugger interface enabled
            None: ";
        for line in lines.lines().map(str::trim_start) {
            let (expected, text) = line.split_once(": ").expect("a kind and a line");
            let found = finding(&format!("[    5.1] {text}"));
            let kind = found.map_or("None".to_owned(), |found| format!("{:?}", found.kind));
            assert_eq!(kind, expected, "{text}");
        }
    }

    #[test]
    fn first_line_of_a_kind_is_found() {
        let mut console = Console::new(Path::new("/nonexistent"));
        console.feed(b"WARNING: 1\nBUG: soft lockup 2\nBUG: soft lockup 3\n");
        let first = console.first(FindingKind::Stall);
        assert_eq!(first.as_deref(), Some("BUG: soft lockup 2"));
        assert_eq!(console.first(FindingKind::Panic), None);
    }

    #[test]
    fn line_in_pieces_is_one_finding() {
        let mut console = Console::new(Path::new("/nonexistent"));
        console.feed(b"fine\r\nKernel pa");
        assert_eq!(console.worst(), None);
        console.feed(b"nic - not syncing: x\r\nmore");
        assert_eq!(console.worst(), Some(FindingKind::Panic));
        assert_eq!(console.findings().len(), 1);
        let (_, tail) = console.finish(2);
        assert_eq!(tail, ["Kernel panic - not syncing: x", "more"]);
    }

    #[test]
    fn trace_is_shown_from_its_first_line() {
        let mut console = Console::new(Path::new("/nonexistent"));
        console.feed(b"before\nBUG: unable to handle page fault\nRIP: 0010:x+0x1\n");
        for frame in 0..30 {
            console.feed(format!(" y+{frame:#x}\n").as_bytes());
        }
        console.feed(b"Kernel panic - not syncing: z\n");
        let (_, tail) = console.finish(4);
        assert_eq!(
            tail[..2],
            ["BUG: unable to handle page fault", "RIP: 0010:x+0x1"]
        );
        assert_eq!(tail.len(), 33);
    }

    #[test]
    fn flood_is_bounded_and_the_first_findings_are_kept() {
        let mut console = Console::new(Path::new("/nonexistent"));
        for number in 0..20_000 {
            console.feed(format!("WARNING: ü {number}\n").as_bytes());
        }
        assert_eq!(console.findings().len(), CONSOLE_FINDINGS);
        assert_eq!(console.findings()[0].line, "WARNING: ü 0");
        assert_eq!(console.lines.len(), CONSOLE_LINES);
        let (_, tail) = console.finish(1);
        assert_eq!((tail.len(), &*tail[0]), (REPORT_LINES, "WARNING: ü 19800"));
    }
}
