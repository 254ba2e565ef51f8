// SPDX-License-Identifier: GPL-2.0

//! Detection of the kernel's spinlock implementation.
//!
//! Which slow path was the kernel patched to call? And if it is the native one, does it queue, or
//! does `virt_spin_lock()` turn it into test and set, as in a guest without paravirt locks? The key of
//! the latter is not exported, so an experiment decides: one vCPU holds a lock, another waits for it,
//! and the lock word shows a waiter or not.

use abi::lock_load::KernelLock;
use algo::lock::Lock;

use crate::{
    cpu,
    gate::Gate,
    helpers,
    prelude::*,
    thread::Thread,
    RawSpin, //
};

/// Returns the implementation of the kernel's spinlock.
pub fn kernel_lock() -> Result<KernelLock> {
    // SAFETY: May be called anywhere.
    match unsafe { helpers::slowpath_spin_target() } {
        helpers::slowpath_spin_SLOWPATH_SPIN_PV => Ok(KernelLock::Pv),
        helpers::slowpath_spin_SLOWPATH_SPIN_NATIVE => {
            // A waiter that was preempted just then is not seen: repeat once.
            match experiment()? {
                KernelLock::TestAndSet => experiment(),
                seen => Ok(seen),
            }
        }
        _ => Ok(KernelLock::Unknown),
    }
}

/// What the holder and the waiter share.
struct Experiment {
    lock: Padded<RawSpin>,
    gate: Gate,
    /// The lock is held.
    held: Atomic<bool>,
    /// The waiter's next step is to wait.
    near: Atomic<bool>,
    /// The lock word showed a waiter.
    queued: Atomic<bool>,
}

/// Time for which the holder polls the lock word for a waiter that waits.
const POLL_NS: u64 = 30_000_000;

fn experiment() -> Result<KernelLock> {
    let mut cpus = cpu::online();
    let (Some(one), Some(other)) = (cpus.next(), cpus.next()) else {
        return Ok(KernelLock::Unknown);
    };
    let shared = Arc::new(
        Experiment {
            lock: Padded(Lock::new()),
            gate: Gate::new(),
            held: Atomic::new(false),
            near: Atomic::new(false),
            queued: Atomic::new(false),
        },
        GFP_KERNEL,
    )?;
    let (t, u) = (shared.clone(), shared.clone());
    let mut holder = Thread::new(c"slowpath-hold", 0, Some(one), move || hold(&t))?;
    let mut waiter = Thread::new(c"slowpath-wait", 0, Some(other), move || wait(&u))?;
    holder.wake();
    waiter.wake();
    if shared.gate.wait_for_arrivals(2, || false) {
        shared.gate.open();
    } else {
        shared.gate.give_up();
    }
    drop((holder, waiter));
    Ok(
        match (shared.near.load(Relaxed), shared.queued.load(Relaxed)) {
            (_, true) => KernelLock::Native,
            (true, false) => KernelLock::TestAndSet,
            (false, false) => KernelLock::Unknown,
        },
    )
}

fn hold(shared: &Experiment) {
    if !shared.gate.pass() {
        return;
    }
    shared.lock.hold(|| {
        shared.held.store(true, Relaxed);
        let waits = || shared.near.load(Relaxed);
        let queued = || shared.lock.bits() > 0xff;
        if poll(waits) && poll(queued) {
            shared.queued.store(true, Relaxed);
        }
    });
}

fn wait(shared: &Experiment) {
    if !shared.gate.pass() {
        return;
    }
    while !shared.held.load(Relaxed) {
        cond_resched();
    }
    shared.near.store(true, Relaxed);
    shared.lock.hold(|| ());
}

/// Polls `condition` for [`POLL_NS`]; returns whether it came true.
fn poll(condition: impl Fn() -> bool) -> bool {
    let from = now_ns();
    while !condition() {
        if now_ns().saturating_sub(from) > POLL_NS {
            return false;
        }
        cpu_relax();
    }
    true
}
