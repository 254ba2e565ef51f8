// SPDX-License-Identifier: GPL-2.0

//! Queue node of the kernel's paravirt queue lock.
//!
//! ```text
//!   RUNNING ──gives up spinning──▶ HALTED ──the new holder enters it in the hash──▶ HASHED
//!      ▲──────────── woken ──────────┘
//! ```

use algo::{
    primitive::{Acquire, Atomic, Full, Relaxed, Release, Vcpu},
    Waiter,
};

/// Looks before a waiter halts.
pub(super) const SPIN_THRESHOLD: u32 = 1 << 15;
/// Looks between two checks of the waiter ahead.
const CHECK_EVERY: u32 = 256;

const RUNNING: u32 = 0;
const HALTED: u32 = 1;
const HASHED: u32 = 2;

/// A waiter's node, on a cache line of its own.
#[repr(align(64))]
pub(super) struct Node {
    pub(super) next: Atomic<*mut Node>,
    locked: Atomic<bool>,
    state: Atomic<u32>,
    vcpu: Vcpu,
}

impl Node {
    pub(super) fn new() -> Self {
        Self {
            next: Atomic::new(std::ptr::null_mut()),
            locked: Atomic::new(false),
            state: Atomic::new(RUNNING),
            vcpu: Vcpu::current(),
        }
    }

    pub(super) fn vcpu(&self) -> Vcpu {
        self.vcpu
    }

    pub(super) fn is_hashed(&self) -> bool {
        self.state.load(Relaxed) == HASHED
    }

    pub(super) fn runs(&self) {
        self.state.store(RUNNING, Relaxed);
    }

    pub(super) fn enters_hash(&self) {
        self.state.store(HASHED, Relaxed);
    }

    /// Waits until the node ahead hands over (`pv_wait_node`).
    pub(super) fn wait(&self, ahead: &Node, me: &Waiter) {
        let locked = || self.locked.load(Acquire);
        while !locked() {
            let mut left = SPIN_THRESHOLD;
            while left > 0 {
                if ahead.state.load(Relaxed) != RUNNING || ahead.vcpu.is_preempted() {
                    me.events.pv_wait_early.bump();
                    break;
                }
                let looks = left.min(CHECK_EVERY);
                if me.spin_for(looks, locked).is_some() {
                    return;
                }
                left -= looks;
            }
            self.state.xchg(HALTED, Full);
            if !locked() {
                me.events.halts.bump();
                me.events.pv_wait_node.bump();
                Vcpu::halt_while(&self.state, HALTED);
            }
            let _ = self.state.cmpxchg(HALTED, RUNNING, Full);
        }
    }

    /// Hands over; returns whether the waiter is halted, and is to be found by the hash (`pv_kick_node`).
    ///
    /// The caller holds the lock, and the waiter waits for that: so the node is live until it is released.
    pub(super) fn hand_over(&self) -> bool {
        self.locked.store(true, Release);
        self.state.cmpxchg(HALTED, HASHED, Full).is_ok()
    }
}
