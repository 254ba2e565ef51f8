// SPDX-License-Identifier: GPL-2.0

//! Host side of one guest: its pinned vCPUs, its CPU hogs, its injected preemptions.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use cpu_list::CpuList;
use serde::{Deserialize, Serialize};
use vm_record::{Preemptions, VcpuReport};

use crate::{pause_loops, pin, placements, set_slices, Hogs, PinnedVcpu, Preempter, VcpuThread};

/// What `vm` orders `l1` to do, as the first argument of `l1`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct L1Orders {
    /// How many vCPUs the guest has.
    pub vcpus: usize,
    /// Devices that QEMU opens, to be waited for.
    pub ports: Vec<String>,
    /// CPUs for hogs.
    pub hog: Option<String>,
    /// Where QEMU's debug port connects, if vCPUs are to be preempted.
    pub preempt: Option<PathBuf>,
    /// Slice of the scheduler for each vCPU's thread; by default the kernel's.
    #[serde(default)]
    pub slice_us: Option<u32>,
}

/// Host side of a guest.
#[derive(Default)]
pub struct GuestHost {
    vcpus: Vec<PinnedVcpu>,
    hog_cpus: Option<CpuList>,
    hogs: Option<Hogs>,
    preempter: Option<Preempter>,
    slice_us: Option<u32>,
    is_kvm: bool,
}

impl GuestHost {
    /// A host that runs hogs on these CPUs, and injects the preemptions that are requested at the socket
    /// `preempt`; `port_exit_delay` is how long a vCPU takes to leave QEMU's debug port.
    pub fn new(
        hog_cpus: Option<CpuList>,
        preempt: Option<&Path>,
        port_exit_delay: Duration,
    ) -> Result<GuestHost> {
        let preempter = preempt.map(|socket| Preempter::listen(socket, port_exit_delay));
        Ok(GuestHost {
            hog_cpus,
            preempter: preempter.transpose()?,
            ..GuestHost::default()
        })
    }

    /// The same, with this slice of the scheduler for each vCPU's thread.
    #[must_use]
    pub fn with_slice(self, slice_us: Option<u32>) -> Self {
        Self { slice_us, ..self }
    }

    /// The same, whose vCPUs KVM runs, so that pause loops may exit.
    #[must_use]
    pub fn with_kvm(self, is_kvm: bool) -> Self {
        Self { is_kvm, ..self }
    }

    /// Binds each vCPU's thread to its CPU, and sets its slice.
    pub fn place(&mut self, vcpus: &[VcpuThread], cpus: &CpuList) -> Result<()> {
        self.vcpus = pin(vcpus, cpus)?;
        let threads: Vec<i32> = vcpus.iter().map(|vcpu| vcpu.thread_id).collect();
        if let Some(slice_us) = self.slice_us {
            set_slices(&threads, slice_us)?;
        }
        if let Some(preempter) = &self.preempter {
            preempter.set_threads(threads);
        }
        Ok(())
    }

    /// Starts the hogs and the accounting of CPU time: when this returns, the command may start.
    pub fn command_starts(&mut self) -> VcpuReport {
        self.hogs = self.hog_cpus.as_ref().map(Hogs::start);
        self.vcpus.iter_mut().for_each(PinnedVcpu::command_starts);
        self.report()
    }

    /// Stops the hogs and the accounting; the report is complete then.
    pub fn command_ended(&mut self) -> VcpuReport {
        self.vcpus.iter_mut().for_each(PinnedVcpu::command_ended);
        let hogs = self.hogs.take().map(Hogs::end).unwrap_or_default();
        VcpuReport {
            hogs,
            pause_loops: self.is_kvm.then(pause_loops).flatten(),
            ..self.report()
        }
    }

    /// The report so far.
    pub fn report(&self) -> VcpuReport {
        let log = self.preempter.as_ref().map(Preempter::log);
        VcpuReport {
            map: placements(&self.vcpus),
            hogs: Vec::new(),
            preemptions: log.as_deref().map(Preemptions::of),
            preemption_log: log.unwrap_or_default(),
            pause_loops: None,
        }
    }
}
