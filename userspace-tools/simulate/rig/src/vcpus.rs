// SPDX-License-Identifier: GPL-2.0

//! Visit of every vCPU, after a run: all threads have left, so each vCPU runs nothing.

use algo::{counter::EachVcpu, primitive::possible_vcpus};

/// The vCPUs of the machine.
pub struct Vcpus;

impl EachVcpu for Vcpus {
    fn visit(&self, _: &(dyn Fn() + Sync), dead: &(dyn Fn(u32) + Sync)) {
        (0..possible_vcpus()).for_each(dead);
    }
}
