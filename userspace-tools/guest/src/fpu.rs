// SPDX-License-Identifier: GPL-2.0

//! Check of the FPU: whether a thread's registers survive that other vCPUs run.
//!
//! Xen in an emulated machine can restore the registers of another vCPU (its lazy switch relies on a bit of CR0
//! that the translator does not honour). Nothing that a program computed would be worth anything then.

use std::hint::black_box;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The name by which the first process runs the check: what loses registers may crash as well.
pub const NAME: &str = "fpu-check";

/// For how long each thread adds; several slices of a vCPU.
const LENGTH: Duration = Duration::from_millis(100);
/// Additions without a look at the clock.
const STRETCH: u32 = 20_000;

/// Runs the check in a process of its own; the number of threads whose sum is wrong, of two for each vCPU. All of
/// them if the process crashed.
pub fn wrong_sums(vcpus: u32) -> Result<u32> {
    let mut check = Command::new("/proc/self/exe");
    let status = check.arg0(NAME).arg(vcpus.to_string()).status();
    let status = status.context("cannot run the check of the FPU")?;
    let all = 2 * vcpus;
    Ok(status.code().map_or(all, |wrong| all.min(wrong as u32)))
}

/// The check itself, whose exit code is the number of wrong sums.
pub fn check(vcpus: Option<String>) -> ExitCode {
    let vcpus = vcpus.and_then(|text| text.parse().ok()).unwrap_or(1);
    ExitCode::from(sums(vcpus).min(u8::MAX.into()) as u8)
}

/// Adds on two threads for each vCPU; the number of threads whose sum is wrong.
fn sums(vcpus: u32) -> u32 {
    let threads = (1..=2 * vcpus).map(|number| thread::spawn(move || is_wrong(number)));
    let threads: Vec<_> = threads.collect();
    let wrong = threads
        .into_iter()
        .map(|thread| thread.join().unwrap_or(true));
    wrong.filter(|wrong| *wrong).count() as u32
}

/// Whole numbers of this size are exact, so a sum is wrong only if a register was.
fn is_wrong(number: u32) -> bool {
    let (end, step) = (Instant::now() + LENGTH, f64::from(number));
    while Instant::now() < end {
        let mut sum = 0.0;
        for _ in 0..STRETCH {
            sum += black_box(step);
        }
        if sum != step * f64::from(STRETCH) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #[test]
    fn sums_are_right_where_nothing_is_amiss() {
        assert_eq!(super::sums(4), 0);
    }
}
