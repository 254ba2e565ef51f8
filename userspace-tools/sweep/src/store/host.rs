// SPDX-License-Identifier: GPL-2.0

//! Host samples: CPU time and waiting time of the emulator's threads, four times a second. The record of
//! `vm` has their sums at the end of the guest.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

/// The file that holds the samples, one a line.
pub const FILE: &str = "host.jsonl";

/// Time between two samples.
const PERIOD: Duration = Duration::from_millis(250);

/// The sums at one time.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Sample {
    /// When, in milliseconds since the boot began.
    pub ms: u64,
    /// How long the emulator's threads have run on a CPU, in milliseconds.
    pub ran_ms: f64,
    /// How long they were runnable but waited for a CPU: the guest's steal time.
    pub waited_ms: f64,
    /// Steal time of this machine's CPUs, taken by its own host, in milliseconds.
    pub stolen_ms: f64,
}

/// The thread that takes samples.
pub struct Sampler(Sender<()>, JoinHandle<()>);

impl Sampler {
    /// Starts to sample the emulator that `vm`, the process `pid`, starts. Without /proc there are no
    /// samples.
    pub fn begin(pid: u32, file: &Path) -> Self {
        let (end, ended) = mpsc::channel();
        let path = file.to_path_buf();
        let thread = thread::spawn(move || {
            let began = Instant::now();
            let Ok(mut file) = File::create(&path) else {
                return;
            };
            while ended.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                let Some(sample) = sample(pid, began) else {
                    continue;
                };
                let line = serde_json::to_string(&sample).unwrap_or_default();
                if writeln!(file, "{line}").is_err() {
                    return;
                }
            }
        });
        Self(end, thread)
    }

    /// Ends it.
    pub fn end(self) {
        drop(self.0);
        // A thread that could not write its file has ended already.
        let _ = self.1.join();
    }
}

/// The samples in a boot's directory.
pub fn read(dir: &Path) -> Vec<Sample> {
    let text = fs::read_to_string(dir.join(FILE)).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn sample(vm: u32, began: Instant) -> Option<Sample> {
    let qemu = children(vm).into_iter().find(|pid| {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        name.starts_with("qemu")
    })?;
    let (mut ran, mut waited) = (0.0, 0.0);
    for task in fs::read_dir(format!("/proc/{qemu}/task")).ok()?.flatten() {
        let stat = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let mut ns = stat
            .split_whitespace()
            .map_while(|word| word.parse::<f64>().ok());
        ran += ns.next().unwrap_or(0.0);
        waited += ns.next().unwrap_or(0.0);
    }
    Some(Sample {
        ms: began.elapsed().as_millis() as u64,
        ran_ms: ran / 1e6,
        waited_ms: waited / 1e6,
        stolen_ms: ticks().map_or(0.0, |ticks| ticks.stolen * 10.0),
    })
}

/// The processes that `pid` started.
fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten();
    let lists = tasks.flatten().map(|task| task.path().join("children"));
    let words = lists.map(|list| fs::read_to_string(list).unwrap_or_default());
    let words: Vec<String> = words.collect();
    let pids = words.iter().flat_map(|text| text.split_whitespace());
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

/// Steal time of this machine's CPUs since a moment.
pub struct StealTime(Option<Ticks>);

impl StealTime {
    /// Starts to count.
    pub fn begin() -> Self {
        Self(ticks())
    }

    /// Steal time as a fraction of the time of all CPUs, 0 to 1; none without /proc/stat.
    pub fn fraction(&self) -> Option<f64> {
        fraction(self.0?, ticks()?)
    }
}

/// None where the host set a counter back.
fn fraction(then: Ticks, now: Ticks) -> Option<f64> {
    let (all, stolen) = (now.all - then.all, now.stolen - then.stolen);
    (all > 0.0 && (0.0..=all).contains(&stolen)).then(|| stolen / all)
}

/// Times of all CPUs together since the machine started, in hundredths of a second.
#[derive(Clone, Copy)]
struct Ticks {
    all: f64,
    stolen: f64,
}

fn ticks() -> Option<Ticks> {
    of_stat(&fs::read_to_string("/proc/stat").ok()?)
}

/// From the eight columns `user` to `steal`; what comes after them is in them already.
fn of_stat(stat: &str) -> Option<Ticks> {
    let words = stat.lines().next()?.split_whitespace().skip(1).take(8);
    let columns: Vec<f64> = words.map_while(|word| word.parse().ok()).collect();
    Some(Ticks {
        all: columns.iter().sum(),
        stolen: *columns.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_back_and_half_a_line_is_ignored() {
        let dir = tempfile::tempdir().unwrap();
        let sample = Sample {
            ms: 250,
            ran_ms: 1.5,
            ..Sample::default()
        };
        let line = serde_json::to_string(&sample).unwrap();
        fs::write(dir.path().join(FILE), format!("{line}\n{{\"ms\"")).unwrap();
        assert_eq!(read(dir.path()), [sample]);
    }

    #[test]
    fn process_without_emulator_gives_no_samples() {
        assert_eq!(sample(std::process::id(), Instant::now()), None);
    }

    #[test]
    fn steal_time_is_the_eighth_column_of_proc_stat() {
        let stat = "cpu  100 0 50 800 10 0 0 40 7 0\ncpu0 1 2 3\n";
        let ticks = of_stat(stat).unwrap();
        assert_eq!((ticks.all, ticks.stolen), (1000.0, 40.0));
        assert!(of_stat("cpu 1 2 3\n").is_none());
    }

    #[test]
    fn steal_time_that_runs_backwards_is_no_share() {
        let at = |all, stolen| Ticks { all, stolen };
        assert_eq!(fraction(at(100.0, 10.0), at(200.0, 35.0)), Some(0.25));
        assert_eq!(fraction(at(100.0, 10.0), at(200.0, 5.0)), None);
        assert_eq!(fraction(at(100.0, 10.0), at(100.0, 10.0)), None);
    }
}
