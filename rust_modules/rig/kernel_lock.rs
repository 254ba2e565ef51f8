// SPDX-License-Identifier: GPL-2.0

//! What the kernel's own spinlock is on this machine.
//!
//! Two questions. Which slow path was the kernel patched to call? And if it is the native one,
//! does it queue, or does `virt_spin_lock()` turn it into test and set, as in a guest without
//! paravirt locks? The key of the latter is not exported, so it is found by experiment: hold a
//! lock, let another vCPU wait for it, and see whether its word ever shows a waiter.

use abi::lock_load::KernelLock;
use algo::primitive::{
    cpu_relax,
    Atomic,
    Relaxed, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    cond_resched,
    cpu,
    gate::Gate,
    helpers,
    now_ns,
    thread::Thread,
    Padded,
    RawSpin, //
};

/// Returns what the kernel's own spinlock is.
pub fn kernel_lock() -> Result<KernelLock> {
    // SAFETY: May be called anywhere.
    match unsafe { helpers::slowpath_spin_target() } {
        helpers::slowpath_spin_SLOWPATH_SPIN_PV => Ok(KernelLock::Pv),
        helpers::slowpath_spin_SLOWPATH_SPIN_NATIVE => {
            // A vCPU that lost its CPU just then is not seen to wait: look a second time.
            match experiment()? {
                KernelLock::TestAndSet => experiment(),
                seen => Ok(seen),
            }
        }
        _ => Ok(KernelLock::Unknown),
    }
}

/// What the holder and the waiter share.
struct Trial {
    lock: Padded<RawSpin>,
    gate: Gate,
    /// The lock is held.
    held: Atomic<bool>,
    /// The waiter's next step is to wait.
    near: Atomic<bool>,
    /// The lock's word showed a waiter.
    queued: Atomic<bool>,
}

/// How long the holder looks for a waiter that it knows to be there.
const LOOK_NS: u64 = 30_000_000;

fn experiment() -> Result<KernelLock> {
    let mut cpus = cpu::online();
    let (Some(one), Some(other)) = (cpus.next(), cpus.next()) else {
        return Ok(KernelLock::Unknown);
    };
    let trial = Arc::new(
        Trial {
            lock: Padded(RawSpin::new()),
            gate: Gate::new(),
            held: Atomic::new(false),
            near: Atomic::new(false),
            queued: Atomic::new(false),
        },
        GFP_KERNEL,
    )?;
    let (t, u) = (trial.clone(), trial.clone());
    let mut holder = Thread::new(c"slowpath-hold", 0, Some(one), move || hold(&t))?;
    let mut waiter = Thread::new(c"slowpath-wait", 0, Some(other), move || wait(&u))?;
    holder.wake();
    waiter.wake();
    if trial.gate.muster(2, || false) {
        trial.gate.open();
    } else {
        trial.gate.give_up();
    }
    drop((holder, waiter));
    Ok(
        match (trial.near.load(Relaxed), trial.queued.load(Relaxed)) {
            (_, true) => KernelLock::Native,
            (true, false) => KernelLock::TestAndSet,
            (false, false) => KernelLock::Unknown,
        },
    )
}

fn hold(trial: &Trial) {
    if !trial.gate.pass() {
        return;
    }
    trial.lock.with(|| {
        trial.held.store(true, Relaxed);
        let waits = || trial.near.load(Relaxed);
        let queued = || trial.lock.bits() > 0xff;
        if soon(waits) && soon(queued) {
            trial.queued.store(true, Relaxed);
        }
    });
}

fn wait(trial: &Trial) {
    if !trial.gate.pass() {
        return;
    }
    while !trial.held.load(Relaxed) {
        cond_resched();
    }
    trial.near.store(true, Relaxed);
    trial.lock.with(|| ());
}

/// Returns whether `it` comes true within [`LOOK_NS`].
fn soon(it: impl Fn() -> bool) -> bool {
    let from = now_ns();
    while !it() {
        if now_ns().saturating_sub(from) > LOOK_NS {
            return false;
        }
        cpu_relax();
    }
    true
}
