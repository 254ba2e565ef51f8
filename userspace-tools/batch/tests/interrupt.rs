// SPDX-License-Identifier: GPL-2.0

//! A signal ends a batch that waits for its next line.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use rustix::process::{kill_process, Pid, Signal};

#[test]
fn one_signal_ends_the_wait_for_a_line() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_batch"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A line that fails at once: after its record the next one is waited for.
        stdin.write_all(b"nonsense\n").unwrap();
        let mut record = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut record).unwrap();
        assert!(record.contains("no such module"), "{record}");

        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("between two lines"), "{stderr}");
        drop(stdin);
    }
}
