// SPDX-License-Identifier: GPL-2.0

//! vCPU threads on CPUs: asked for, read back, and how long they waited there.

use std::fs;

use anyhow::{Context, Result};
use rustix::process::Pid;
use rustix::thread::{sched_getaffinity, sched_setaffinity};
use serde::{Deserialize, Serialize};

use crate::{CpuList, Vcpu};

/// One vCPU's place.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Place {
    /// Its number in the guest.
    pub vcpu: usize,
    /// The thread that runs it.
    pub thread_id: i32,
    /// The CPU it was put on.
    pub requested: usize,
    /// Where the kernel lets it run, read back at the end of the command.
    pub observed: String,
    /// How long it ran while the command did.
    pub ran_ms: f64,
    /// How long it was ready to run but another thread had its CPU: steal, seen from the host.
    pub waited_ms: f64,
    #[serde(skip)]
    start: (u64, u64),
}

/// Puts each vCPU's thread on its CPU.
pub fn pin(vcpus: &[Vcpu], cpus: &CpuList) -> Result<Vec<Place>> {
    vcpus
        .iter()
        .map(|vcpu| {
            let requested = cpus.round_robin(vcpu.cpu_index);
            let place = Place {
                vcpu: vcpu.cpu_index,
                thread_id: vcpu.thread_id,
                requested,
                observed: String::new(),
                ran_ms: 0.0,
                waited_ms: 0.0,
                start: (0, 0),
            };
            sched_setaffinity(place.pid(), &CpuList::single(requested)).with_context(|| {
                format!(
                    "vCPU {} (thread {}) to CPU {requested}",
                    place.vcpu, place.thread_id
                )
            })?;
            Ok(place)
        })
        .collect()
}

impl Place {
    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.thread_id)
    }

    /// Time that it ran and waited since it was born, in ns.
    fn clock(&self) -> Option<(u64, u64)> {
        let path = format!("/proc/{0}/task/{0}/schedstat", self.thread_id);
        schedstat(&fs::read_to_string(path).ok()?)
    }

    /// Remembers where its clocks stand as the command starts.
    pub fn command_started(&mut self) {
        self.start = self.clock().unwrap_or_default();
    }

    /// Reads back what became of it, as the command ended.
    pub fn command_ended(&mut self) {
        if let Ok(set) = sched_getaffinity(self.pid()) {
            self.observed = CpuList::from(&set).to_string();
        }
        if let Some((ran, waited)) = self.clock() {
            self.ran_ms = ran.saturating_sub(self.start.0) as f64 / 1e6;
            self.waited_ms = waited.saturating_sub(self.start.1) as f64 / 1e6;
        }
    }

    /// Whether it is where it was put.
    pub fn holds(&self) -> bool {
        self.observed == self.requested.to_string()
    }
}

/// `ran waited slices`, the first two in ns.
pub(crate) fn schedstat(text: &str) -> Option<(u64, u64)> {
    let mut words = text.split_whitespace().map(str::parse);
    Some((words.next()?.ok()?, words.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedstat_gives_run_and_wait() {
        assert_eq!(
            schedstat("2400000000 2500000000 812\n"),
            Some((2_400_000_000, 2_500_000_000))
        );
        assert_eq!(schedstat(""), None);
        assert_eq!(schedstat("1 x 2"), None);
    }

    #[test]
    fn a_thread_goes_where_it_is_put_and_says_so() {
        let cpus = CpuList::allowed().expect("the CPUs of this process");
        let (tell, told) = std::sync::mpsc::channel();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            tell.send(rustix::thread::gettid()).expect("a listener");
            let _ = stopped.recv();
        });
        let thread_id = told.recv().expect("an id").as_raw_nonzero().get();
        let vcpu = Vcpu {
            cpu_index: 1,
            thread_id,
        };
        let mut places = pin(&[vcpu], &cpus).expect("pinned");
        places[0].command_started();
        places[0].command_ended();
        assert!(places[0].holds(), "{places:?}");
        drop(stop);
        thread.join().expect("the thread");
    }
}
