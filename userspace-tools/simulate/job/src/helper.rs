// SPDX-License-Identifier: GPL-2.0

//! Helper: a vCPU that halts until the caller kicks it, works, and kicks the caller.
//!
//! ```text
//!   IDLE ──caller assigns──▶ ASSIGNED ──helper begins──▶ BUSY ──▶ DONE
//!                               └──────caller withdraws──────────▶ DONE
//! ```

use algo::primitive::{Acquire, Atomic, Full, Release, Vcpu};

const IDLE: u32 = 0;
const ASSIGNED: u32 = 1;
const BUSY: u32 = 2;
const DONE: u32 = 3;

/// A helper's state, on cache lines of its own.
#[repr(align(128))]
pub(crate) struct Helper(Atomic<u32>);

impl Helper {
    pub(crate) fn new() -> Self {
        Self(Atomic::new(IDLE))
    }

    /// Caller: assigns the work, and wakes the helper on `vcpu`.
    pub(crate) fn assign(&self, vcpu: u32) {
        // Pairs with the acquire in `run`: the helper sees the work.
        self.0.store(ASSIGNED, Release);
        kick(vcpu);
    }

    /// Helper: waits for work, does it unless it was withdrawn, and wakes the caller on vCPU 0.
    pub(crate) fn run(&self, work: impl FnOnce()) {
        while self.0.load(Acquire) == IDLE {
            Vcpu::halt_while(&self.0, IDLE);
        }
        if self.0.cmpxchg(ASSIGNED, BUSY, Full).is_ok() {
            work();
            // Pairs with the acquire in `wait`: the caller sees what was done.
            self.0.store(DONE, Release);
            kick(0);
        }
    }

    /// Caller: takes back work that the helper has not begun; whether it could.
    pub(crate) fn withdraw(&self) -> bool {
        self.0.cmpxchg(ASSIGNED, DONE, Full).is_ok()
    }

    /// Caller: waits until the helper is done.
    pub(crate) fn wait(&self) {
        while self.0.load(Acquire) == BUSY {
            Vcpu::halt_while(&self.0, BUSY);
        }
    }
}

fn kick(vcpu: u32) {
    if let Some(vcpu) = Vcpu::numbered(vcpu) {
        vcpu.kick();
    }
}
