// SPDX-License-Identifier: GPL-2.0

//! vCPU threads on CPUs: asked for, read back, and how long they waited there.

use std::fs;

use anyhow::{Context, Result};
use rustix::process::Pid;
use rustix::thread::{sched_getaffinity, sched_setaffinity};
use vm_record::Placement;

use crate::{CpuList, Vcpu};

/// A vCPU thread that is bound to a CPU.
#[derive(Clone, Debug)]
pub struct PinnedVcpu {
    placement: Placement,
    /// CPU time and waiting time when the command started, in ns.
    start: (u64, u64),
}

/// Puts each vCPU's thread on its CPU.
pub fn pin(vcpus: &[Vcpu], cpus: &CpuList) -> Result<Vec<PinnedVcpu>> {
    vcpus
        .iter()
        .map(|vcpu| {
            let requested = cpus.round_robin(vcpu.cpu_index);
            let (index, thread_id) = (vcpu.cpu_index, vcpu.thread_id);
            sched_setaffinity(Pid::from_raw(thread_id), &CpuList::single(requested))
                .with_context(|| format!("vCPU {index} (thread {thread_id}) to CPU {requested}"))?;
            let placement = Placement {
                vcpu: index,
                thread_id,
                requested,
                ..Placement::default()
            };
            let start = (0, 0);
            Ok(PinnedVcpu { placement, start })
        })
        .collect()
}

impl PinnedVcpu {
    /// Its placement.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// Time that it ran and waited since it was born, in ns.
    fn clock(&self) -> Option<(u64, u64)> {
        let path = format!("/proc/{0}/task/{0}/schedstat", self.placement.thread_id);
        schedstat(&fs::read_to_string(path).ok()?)
    }

    /// Remembers where its clocks stand as the command starts.
    pub fn command_started(&mut self) {
        self.start = self.clock().unwrap_or_default();
    }

    /// Reads back what became of it, as the command ended.
    pub fn command_ended(&mut self) {
        if let Ok(set) = sched_getaffinity(Pid::from_raw(self.placement.thread_id)) {
            self.placement.observed = CpuList::from(&set).to_string();
        }
        if let Some((ran, waited)) = self.clock() {
            self.placement.ran_ms = ran.saturating_sub(self.start.0) as f64 / 1e6;
            self.placement.waited_ms = waited.saturating_sub(self.start.1) as f64 / 1e6;
        }
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
        assert!(places[0].placement().holds(), "{places:?}");
        drop(stop);
        thread.join().expect("the thread");
    }
}
