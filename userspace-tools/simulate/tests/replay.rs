// SPDX-License-Identifier: GPL-2.0

//! `simulate why` names preemptions, `simulate replay` leaves one of them out.

use std::process::Command;

const RUN: &str =
    "--cpus 2 --policy fair --slice-us 3000 lock=ticket threads=4 run_ms=60 long_us=500";

/// The exit code, and the lines of `simulate WORDS`.
fn simulate(words: &str) -> (Option<i32>, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulate"));
    let output = command
        .args(words.split_ascii_whitespace())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    (
        output.status.code(),
        text.lines().map(str::to_owned).collect(),
    )
}

/// Thread, time and length of the wait in a line.
fn wait(line: &str) -> [u64; 3] {
    let mut words = line.split_ascii_whitespace();
    [(); 3].map(|()| {
        words
            .next()
            .and_then(|word| word.parse().ok())
            .unwrap_or(u64::MAX)
    })
}

/// The longest waits of seed 7: the first preemption of their cause, and thread, time and length.
fn waits() -> Vec<(u64, [u64; 3])> {
    let (code, lines) = simulate(&format!("why --seed 7 --waits 6 {RUN}"));
    assert_eq!(code, Some(0), "{lines:?}");
    let named = lines.iter().filter_map(|line| {
        let (_, names) = line.rsplit_once(", ")?;
        let first = names.split(' ').next()?;
        Some((first.parse().ok()?, wait(line)))
    });
    named.collect()
}

#[test]
fn replay_without_a_preemption_shortens_a_wait_that_it_made_long() {
    let waits = waits();
    assert!(waits.len() >= 5, "{waits:?}");
    let mut shorter = 0;
    for (number, whole) in &waits {
        let (code, lines) = simulate(&format!("replay 7 --without {number} --waits 100 {RUN}"));
        assert_eq!(code, Some(0), "{lines:?}");
        assert!(
            lines[0].starts_with(&format!("preemption {number}: vCPU ")),
            "{lines:?}"
        );
        let same = lines.iter().find(|line| wait(line) == *whole);
        let same = same.unwrap_or_else(|| panic!("{whole:?}: {lines:?}"));
        let without = same
            .rsplit_once("  ")
            .and_then(|(_, us)| us.strip_suffix(" µs"));
        let without: u64 = without.unwrap_or_else(|| panic!("{same}")).parse().unwrap();
        shorter += usize::from(without + 500 < whole[2]);
    }
    // Where the next thread in the queue was away, too, that would have been the cause.
    assert!(shorter * 2 >= waits.len(), "{shorter} of {waits:?}");
}

#[test]
fn preemption_that_is_not_in_the_run_is_refused() {
    let (code, lines) = simulate(&format!("replay 7 --without 99999999 {RUN}"));
    assert_eq!(code, Some(4), "{lines:?}");
    assert!(
        lines[0].contains("cannot replay without preemption 99999999: the run has"),
        "{lines:?}"
    );
}

#[test]
fn seed_is_replayed_the_same_each_time() {
    let (number, _) = waits()[0];
    let replay = || simulate(&format!("replay 7 --without {number} {RUN}")).1;
    assert_eq!(replay(), replay());
}
