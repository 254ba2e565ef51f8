// SPDX-License-Identifier: GPL-2.0

//! Pinned vCPU threads: bound to CPUs, affinity read back, CPU time and steal time accounted.

use std::fs;

use anyhow::{Context, Result};
use cpu_list::CpuList;
use rustix::process::Pid;
use rustix::thread::{sched_getaffinity, sched_setaffinity};
use vm_record::Placement;

use crate::{slice, VcpuThread};

/// A vCPU thread that is bound to a CPU.
#[derive(Clone, Debug)]
pub struct PinnedVcpu {
    placement: Placement,
    /// CPU time and waiting time when the command started, in ns.
    start: (u64, u64),
    /// Preemptions until then.
    preemptions: u64,
}

/// Binds each vCPU's thread to its CPU, round robin.
pub fn pin(vcpus: &[VcpuThread], cpus: &CpuList) -> Result<Vec<PinnedVcpu>> {
    let bind = |vcpu: &VcpuThread| {
        let cpu = cpus.round_robin(vcpu.cpu_index);
        let placement = Placement {
            vcpu: vcpu.cpu_index,
            thread_id: vcpu.thread_id,
            requested: cpu,
            ..Placement::default()
        };
        let pinned = PinnedVcpu {
            placement,
            start: (0, 0),
            preemptions: 0,
        };
        sched_setaffinity(pinned.pid(), &CpuList::mask(cpu)).with_context(|| {
            let VcpuThread {
                cpu_index,
                thread_id,
            } = vcpu;
            format!("cannot bind vCPU {cpu_index} (thread {thread_id}) to CPU {cpu}")
        })?;
        Ok(pinned)
    };
    vcpus.iter().map(bind).collect()
}

/// The placements of vCPUs, for the record.
pub fn placements(vcpus: &[PinnedVcpu]) -> Vec<Placement> {
    vcpus.iter().map(|vcpu| vcpu.placement.clone()).collect()
}

impl PinnedVcpu {
    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.placement.thread_id)
    }

    /// CPU time and waiting time since the thread started, in ns.
    fn schedstat(&self) -> Option<(u64, u64)> {
        let path = format!("/proc/{0}/task/{0}/schedstat", self.placement.thread_id);
        schedstat(&fs::read_to_string(path).ok()?)
    }

    /// How often the host preempted it.
    fn preempted(&self) -> Option<u64> {
        let path = format!("/proc/{0}/task/{0}/status", self.placement.thread_id);
        preemptions(&fs::read_to_string(path).ok()?)
    }

    /// Starts the accounting.
    pub fn command_starts(&mut self) {
        self.start = self.schedstat().unwrap_or_default();
        self.preemptions = self.preempted().unwrap_or_default();
    }

    /// Ends the accounting, and reads the affinity back.
    pub fn command_ended(&mut self) {
        if let Ok(set) = sched_getaffinity(self.pid()) {
            self.placement.observed = CpuList::from(&set).to_string();
        }
        if let Some((ran, waited)) = self.schedstat() {
            self.placement.ran_ms = ran.saturating_sub(self.start.0) as f64 / 1e6;
            self.placement.waited_ms = waited.saturating_sub(self.start.1) as f64 / 1e6;
        }
        let preempted = self.preempted().unwrap_or_default();
        self.placement.preemptions = preempted.saturating_sub(self.preemptions);
        let slice = slice(self.placement.thread_id);
        self.placement.slice_us = slice.map(|slice| slice.as_micros() as u64);
    }
}

/// `ran waited slices`, the first two in ns.
pub(crate) fn schedstat(text: &str) -> Option<(u64, u64)> {
    let mut words = text.split_whitespace().map(str::parse);
    Some((words.next()?.ok()?, words.next()?.ok()?))
}

/// The involuntary context switches in a `status` of `/proc`.
fn preemptions(text: &str) -> Option<u64> {
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

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
    fn preemptions_are_involuntary_switches() {
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t42\n";
        assert_eq!(preemptions(status), Some(42));
        assert_eq!(preemptions("Name:\tx\n"), None);
    }

    #[test]
    fn pinned_thread_reports_the_cpu_that_it_is_bound_to() {
        let cpus = CpuList::allowed().expect("the CPUs of this process");
        let (send_id, id) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            send_id.send(rustix::thread::gettid()).expect("a receiver");
            let _ = stopped.recv();
        });
        let thread_id = id.recv().expect("an id").as_raw_nonzero().get();
        let vcpu = VcpuThread {
            cpu_index: 1,
            thread_id,
        };
        let mut vcpus = pin(&[vcpu], &cpus).expect("pinned");
        vcpus[0].command_starts();
        vcpus[0].command_ended();
        assert!(placements(&vcpus)[0].holds(), "{vcpus:?}");
        drop(stop);
        thread.join().expect("the thread");
    }
}
