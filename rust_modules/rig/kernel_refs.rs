// SPDX-License-Identifier: GPL-2.0

//! Reference counts of the kernel: `refcount_t`, and `struct percpu_ref` (`lib/percpu-refcount.c`).

use algo::counter::Counter;
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    types::Opaque, //
};

use crate::helpers;

/// A `struct percpu_ref` with one reference, its creator's.
///
/// # Invariants
///
/// The box holds an initialised one.
pub struct PercpuRef(KBox<Opaque<bindings::percpu_ref>>);

// SAFETY: All functions of a `percpu_ref` may be called from anywhere, by several at once.
unsafe impl Send for PercpuRef {}
// SAFETY: As above.
unsafe impl Sync for PercpuRef {}

impl PercpuRef {
    /// Creates it, counting per CPU.
    pub fn new() -> Result<Self> {
        let it = KBox::new(Opaque::zeroed(), GFP_KERNEL)?;
        // SAFETY: The box has room for one; `released` is a function of this module, which puts
        // all references before it goes.
        to_result(unsafe {
            bindings::percpu_ref_init(
                it.get(),
                Some(released),
                0,
                bindings::GFP_KERNEL | bindings::__GFP_NOWARN,
            )
        })?;
        // INVARIANT: It was just initialised, and moving a box does not move what it holds.
        Ok(Self(it))
    }

    /// Makes it atomic, and returns how many references there are besides the creator's.
    ///
    /// The RCU callback of the switch has a reference of its own, which it puts after it has woken
    /// `percpu_ref_switch_to_atomic_sync()` (`percpu_ref_call_confirm_rcu()`): until then it is
    /// counted, and must not be freed. So the callback is waited for, too. The release function is
    /// never called, since the creator's reference is never put.
    pub fn settle(&self) -> i64 {
        // SAFETY: It is initialised, by the invariant; this may be called where it may sleep.
        unsafe {
            bindings::percpu_ref_switch_to_atomic_sync(self.0.get());
            bindings::rcu_barrier();
            helpers::slowpath_percpu_ref_count(self.0.get().cast()).wrapping_sub(1)
        }
    }
}

impl Counter for PercpuRef {
    /// Gets a reference if `n` is positive, else puts one.
    #[inline(always)]
    fn add(&self, n: i64) {
        match n > 0 {
            // SAFETY: It is initialised, by the invariant, and never killed while there are users.
            true => unsafe { helpers::slowpath_percpu_ref_get(self.0.get().cast()) },
            // SAFETY: As above; the creator's reference is never put.
            false => unsafe { helpers::slowpath_percpu_ref_put(self.0.get().cast()) },
        }
    }

    /// Returns 0: it cannot be read while it counts per CPU.
    #[inline(always)]
    fn read(&self) -> i64 {
        0
    }
}

impl Drop for PercpuRef {
    fn drop(&mut self) {
        // SAFETY: As above, and it has no users: threads have left, and `settle`, which alone makes a
        // callback, has waited for that.
        unsafe { bindings::percpu_ref_exit(self.0.get()) };
    }
}

extern "C" fn released(_: *mut bindings::percpu_ref) {}

/// A `refcount_t` with one reference, its creator's.
pub struct KernelRefcount(Opaque<bindings::refcount_t>);

// SAFETY: It is an atomic.
unsafe impl Send for KernelRefcount {}
// SAFETY: As above.
unsafe impl Sync for KernelRefcount {}

impl KernelRefcount {
    /// Creates it.
    #[expect(clippy::new_without_default, reason = "as all counters here")]
    pub fn new() -> Self {
        let it = Opaque::<bindings::refcount_t>::zeroed();
        // SAFETY: It is ours alone.
        unsafe { helpers::slowpath_refcount_set(it.get().cast(), 1) };
        Self(it)
    }
}

impl Counter for KernelRefcount {
    /// Gets a reference if `n` is positive, else puts one.
    #[inline(always)]
    fn add(&self, n: i64) {
        match n > 0 {
            // SAFETY: It is live, and the creator's reference keeps it from zero.
            true => unsafe { helpers::slowpath_refcount_inc(self.0.get().cast()) },
            // SAFETY: As above.
            false => unsafe { helpers::slowpath_refcount_dec(self.0.get().cast()) },
        }
    }

    /// Returns how many references there are besides the creator's.
    #[inline(always)]
    fn read(&self) -> i64 {
        // SAFETY: As above; a concurrent change is not torn.
        let count = unsafe { self.0.get().cast::<i32>().read_volatile() };
        i64::from(count).wrapping_sub(1)
    }
}
