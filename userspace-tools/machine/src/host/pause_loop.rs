// SPDX-License-Identifier: GPL-2.0

//! Pause-loop exiting: a vCPU that pauses in a loop gives its CPU to one that may hold the lock.
//!
//! The processor's windows are those of Intel's PLE and AMD's pause filter; whom to yield to is
//! `kvm_vcpu_on_spin()` of `virt/kvm/kvm_main.c`, after Raghavendra K T, 2012.

use crate::{simulation::Simulation, vcpu::State, VcpuId};

impl Simulation {
    /// Whether the pause that `me` comes to exits to the hypervisor: it has paused for its window.
    #[inline]
    pub(crate) fn exits_at_pause(&mut self, me: VcpuId) -> bool {
        let Some(of) = self.plan.pause_loop else {
            return false;
        };
        let vcpu = self.vcpu(me);
        let (clock, spin) = (vcpu.clock, &mut vcpu.spin);
        if spin.began == 0 || clock > spin.last + of.gap {
            spin.began = clock;
        }
        clock - spin.began >= spin.window
    }

    /// `me` pauses.
    #[inline]
    pub(crate) fn pause(&mut self, me: VcpuId) {
        let pause = self.plan.costs.pause;
        let vcpu = self.vcpu(me);
        vcpu.clock += pause;
        vcpu.spin.last = vcpu.clock;
    }

    /// `me` exits to the hypervisor in its loop, and gives way to another vCPU if there is one.
    pub(crate) fn pause_loop_exit(&mut self, me: VcpuId) {
        let Some(of) = self.plan.pause_loop else {
            return;
        };
        self.truth.counts.pause_loop_exits += 1;
        let exit = self.random.draw(&self.plan.costs.exit);
        let vcpu = self.vcpu(me);
        vcpu.clock += exit;
        vcpu.spin.window = (vcpu.spin.window * of.grow.max(1)).min(of.max);
        vcpu.spin.began = 0;
        vcpu.spin.in_loop = true;
        let to = self.vcpu_to_boost(me);
        let gave_way = to.is_some_and(|to| {
            self.host.last_boosted = to;
            self.yield_to(me, to)
        });
        // Else once it runs again.
        if !gave_way {
            self.vcpu(me).spin.in_loop = false;
        }
    }

    /// The next vCPU of the guest that waits for a CPU, and did not pause in a loop itself; one that did is
    /// eligible every other time.
    fn vcpu_to_boost(&mut self, me: VcpuId) -> Option<VcpuId> {
        if self.host.waiting == 0 {
            return None;
        }
        let (count, guest) = (self.vcpus.len() as u32, self.vcpu(me).guest);
        let first = self.host.last_boosted.0;
        let mut others = (1..=count).map(|n| VcpuId((first + n) % count));
        others.find(|&other| {
            let of = self.vcpu(other);
            if other == me || of.guest != guest || of.state != State::Ready {
                return false;
            }
            let eligible = !of.spin.in_loop || of.spin.eligible;
            if of.spin.in_loop {
                of.spin.eligible = !of.spin.eligible;
            }
            eligible
        })
    }
}
