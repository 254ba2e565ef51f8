// SPDX-License-Identifier: GPL-2.0

//! Policies of `shfl`: which waiters go with the shuffler.

use crate::prelude::*;

/// What a waiter is, to a shuffler.
pub trait Policy: Copy {
    /// Returns that of a waiter on `vcpu`.
    fn of(vcpu: Vcpu) -> Self;

    /// Whether `other` goes with the shuffler, which is `self`.
    fn goes_with(self, other: Self) -> bool;
}

/// A NUMA node: waiters of the shuffler's go with it, so that the lock and its data stay on the node.
#[derive(Clone, Copy)]
pub struct SameNode(u32);

impl Policy for SameNode {
    #[inline]
    fn of(vcpu: Vcpu) -> Self {
        Self(vcpu.node())
    }

    #[inline]
    fn goes_with(self, Self(other): Self) -> bool {
        let Self(mine) = self;
        other == mine
    }
}

/// A vCPU: those that run go with the shuffler, which runs, and the preempted ones wait until they do.
#[derive(Clone, Copy)]
pub struct Running(Vcpu);

impl Policy for Running {
    #[inline]
    fn of(vcpu: Vcpu) -> Self {
        Self(vcpu)
    }

    #[inline]
    fn goes_with(self, Self(other): Self) -> bool {
        !other.is_preempted()
    }
}
