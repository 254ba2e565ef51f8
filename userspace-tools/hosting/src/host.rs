// SPDX-License-Identifier: GPL-2.0

//! One guest's host: the places of its vCPUs, its neighbours, and who stops what.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use vm_record::VcpuReport;

use crate::{pin, CpuList, Hogs, PinnedVcpu, Stopper, Vcpu};

/// First orders of `vm` to `l1`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Orders {
    /// How many vCPUs the guest has.
    pub vcpus: usize,
    /// Devices that QEMU opens, to be waited for.
    pub ports: Vec<String>,
    /// CPUs for hogs.
    pub hog: Option<String>,
    /// Where QEMU's debug port connects, if vCPUs are to be stopped.
    pub preempt: Option<PathBuf>,
}

/// A guest's host.
#[derive(Default)]
pub struct Host {
    map: Vec<PinnedVcpu>,
    hog: Option<CpuList>,
    hogs: Option<Hogs>,
    stopper: Option<Stopper>,
}

impl Host {
    /// A host with hogs on these CPUs, that stops vCPUs at the request of who connects there, and
    /// gives them so long to `leave` the port first.
    pub fn new(hog: Option<CpuList>, preempt: Option<&Path>, leave: Duration) -> Result<Host> {
        let stopper = preempt.map(|socket| Stopper::listen(socket, leave));
        Ok(Host {
            hog,
            stopper: stopper.transpose()?,
            ..Host::default()
        })
    }

    /// Puts each vCPU's thread on its CPU.
    pub fn place(&mut self, vcpus: &[Vcpu], cpus: &CpuList) -> Result<()> {
        self.map = pin(vcpus, cpus)?;
        if let Some(stopper) = &self.stopper {
            stopper.stops_these(vcpus.iter().map(|vcpu| vcpu.thread_id).collect());
        }
        Ok(())
    }

    /// The guest's command starts.
    pub fn started(&mut self) {
        self.hogs = self.hog.as_ref().map(Hogs::start);
        self.map.iter_mut().for_each(PinnedVcpu::command_started);
    }

    /// The guest's command has ended.
    pub fn ended(&mut self) -> VcpuReport {
        self.map.iter_mut().for_each(PinnedVcpu::command_ended);
        let hogs = self.hogs.take().map(Hogs::end).unwrap_or_default();
        VcpuReport {
            hogs,
            ..self.report()
        }
    }

    /// How things stand.
    pub fn report(&self) -> VcpuReport {
        VcpuReport {
            map: self
                .map
                .iter()
                .map(|vcpu| vcpu.placement().clone())
                .collect(),
            hogs: Vec::new(),
            preemptions: self.stopper.as_ref().map(Stopper::stops),
        }
    }
}
