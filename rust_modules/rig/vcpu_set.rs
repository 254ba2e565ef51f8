// SPDX-License-Identifier: GPL-2.0

//! Set of vCPUs, as wide as the machine.

use crate::{
    possible_vcpus,
    prelude::*, //
};

/// Some of the vCPUs that the machine may ever have.
pub struct VcpuSet(KVVec<bool>);

impl VcpuSet {
    /// Makes the set of those for which `has` is true.
    pub fn new(has: impl Fn(u32) -> bool) -> Result<Self> {
        let mut vcpus = 0..possible_vcpus();
        let each = || Ok(vcpus.next().is_some_and(&has));
        filled(possible_vcpus() as usize, each).map(Self)
    }

    /// Returns whether `vcpu` is one of them.
    pub fn has(&self, vcpu: u32) -> bool {
        self.0.get(vcpu as usize).is_some_and(|&has| has)
    }
}
