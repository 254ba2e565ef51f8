// SPDX-License-Identifier: GPL-2.0

//! `virt_spin_lock()`: a guest on a hypervisor without paravirt locks spins until the word is free, and
//! tries then.

use algo::{
    lock::RawLock,
    primitive::{Acquire, Atomic, Relaxed, Release},
    Waiter,
};

/// Test, then test and set, without pauses that grow.
pub(crate) struct TestAndSet(Atomic<u32>);

impl RawLock for TestAndSet {
    type Token = ();

    fn new() -> Self {
        Self(Atomic::new(0))
    }

    fn acquire(&self, me: &Waiter) {
        if self.try_acquire(me).is_some() {
            return;
        }
        me.begin_wait();
        loop {
            me.spin_until(|| self.0.load(Relaxed) == 0);
            if self.try_acquire(me).is_some() {
                return;
            }
            me.relax_and_sample();
        }
    }

    fn try_acquire(&self, _: &Waiter) -> Option<()> {
        self.0.cmpxchg(0, 1, Acquire).ok().map(|_| ())
    }

    fn release(&self, (): (), _: &Waiter) {
        self.0.store(0, Release);
    }
}
