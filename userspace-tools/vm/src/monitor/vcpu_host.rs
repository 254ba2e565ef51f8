// SPDX-License-Identifier: GPL-2.0

//! Host of the guest's vCPU threads: this process, or `l1` inside the L1 hypervisor.

use anyhow::Result;
use cpu_list::CpuList;
use hosting::{GuestHost, VcpuThread, COMMAND_ENDED, COMMAND_STARTS};
use vm_record::VcpuReport;

use super::l1::L1;

pub enum VcpuHost<'a> {
    Local(GuestHost),
    /// In the L1 hypervisor, which sends its reports as events.
    L1(Box<L1<'a>>),
}

impl<'a> VcpuHost<'a> {
    /// Binds the threads and reports where, if they are ours.
    pub fn place(&mut self, vcpus: &[VcpuThread], cpus: &CpuList) -> Result<Option<VcpuReport>> {
        match self {
            VcpuHost::Local(host) => host.place(vcpus, cpus).map(|()| Some(host.report())),
            VcpuHost::L1(_) => Ok(None),
        }
    }

    /// Starts hogs and accounting; the report of L1 comes later.
    pub fn command_starts(&mut self) -> Option<VcpuReport> {
        match self {
            VcpuHost::Local(host) => Some(host.command_starts()),
            VcpuHost::L1(l1) => {
                l1.send_line(COMMAND_STARTS);
                None
            }
        }
    }

    /// Stops hogs and accounting; the report of L1 comes later.
    pub fn command_ended(&mut self) -> Option<VcpuReport> {
        match self {
            VcpuHost::Local(host) => Some(host.command_ended()),
            VcpuHost::L1(l1) => {
                l1.send_line(COMMAND_ENDED);
                None
            }
        }
    }

    pub fn l1(&mut self) -> Option<&mut L1<'a>> {
        match self {
            VcpuHost::Local(_) => None,
            VcpuHost::L1(l1) => Some(l1),
        }
    }
}
