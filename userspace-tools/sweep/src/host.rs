// SPDX-License-Identifier: GPL-2.0

//! What the host does to a guest while it runs: how long its threads ran and how long they waited
//! for a CPU, four times a second. `vm` alone knows the sums of that, and only at the end.

use std::{
    fs::{
        self,
        File, //
    },
    io::Write,
    path::Path,
    sync::mpsc::{
        self,
        RecvTimeoutError,
        Sender, //
    },
    thread::{
        self,
        JoinHandle, //
    },
    time::{
        Duration,
        Instant, //
    },
};

use serde::{
    Deserialize,
    Serialize, //
};

/// The file that holds the samples, one a line.
pub const FILE: &str = "host.jsonl";

/// Between two samples.
const EVERY: Duration = Duration::from_millis(250);

/// The sums at one moment.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Sample {
    /// When, in milliseconds since the boot began.
    pub ms: u64,
    /// How long the emulator's threads have run on a CPU, in milliseconds.
    pub ran_ms: f64,
    /// How long they could have run, but waited for a CPU: what the guest calls steal.
    pub waited_ms: f64,
    /// How long this machine's CPUs were taken from it by its own host, in milliseconds.
    pub stolen_ms: f64,
}

/// A thread that takes samples.
pub struct Watch(Sender<()>, JoinHandle<()>);

impl Watch {
    /// Begins to watch whatever `vm`, the process `pid`, starts. Without /proc there is nothing to
    /// be seen, and no file.
    pub fn begin(pid: u32, file: &Path) -> Self {
        let (end, ended) = mpsc::channel();
        let path = file.to_path_buf();
        let watch = thread::spawn(move || {
            let began = Instant::now();
            let Ok(mut file) = File::create(&path) else {
                return;
            };
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let Some(sample) = sample(pid, began) else {
                    continue;
                };
                let line = serde_json::to_string(&sample).unwrap_or_default();
                if writeln!(file, "{line}").is_err() {
                    return;
                }
            }
        });
        Self(end, watch)
    }

    /// Ends it.
    pub fn end(self) {
        drop(self.0);
        // A thread that could not watch has left already.
        let _ = self.1.join();
    }
}

/// The samples kept in a boot's directory; none if there are none.
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
        stolen_ms: stolen().unwrap_or(0.0),
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

/// The column `steal` of this machine's own CPUs, whose unit is a hundredth of a second.
fn stolen() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let steal = stat.lines().next()?.split_whitespace().nth(8)?;
    Some(steal.parse::<f64>().ok()? * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_back_and_half_a_line_is_none() {
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
    fn what_has_no_emulator_gives_no_samples() {
        assert_eq!(sample(std::process::id(), Instant::now()), None);
        assert!(stolen().is_some());
    }
}
