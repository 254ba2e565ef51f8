// SPDX-License-Identifier: GPL-2.0

//! CPU-dead callback.
//!
//! A hotplug state of `kernel/cpu.c` in its PREPARE section: its teardown runs after the vCPU's last
//! instruction, on another vCPU, as `percpu_counter_cpu_dead()` in `lib/percpu_counter.c` does.

use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// A type with a CPU-dead callback.
pub trait OnCpuDead: Send + Sync + 'static {
    /// Runs when `vcpu` has gone offline; it runs no instruction until this returns.
    fn cpu_dead(&self, vcpu: u32);
}

/// A registered callback; dropping it removes it, after calls under way.
///
/// # Invariants
///
/// `entry` came from a box and is in the list of `state`, the number that the kernel gave.
pub struct CpuDeadCallback<T: OnCpuDead> {
    entry: *mut Entry<T>,
    state: bindings::cpuhp_state,
}

/// An instance in the list of a state, which finds it by the node.
#[repr(C)]
struct Entry<T> {
    node: Opaque<bindings::hlist_node>,
    target: Arc<T>,
}

// SAFETY: It only keeps the entry, whose contents any thread may have.
unsafe impl<T: OnCpuDead> Send for CpuDeadCallback<T> {}
// SAFETY: As above.
unsafe impl<T: OnCpuDead> Sync for CpuDeadCallback<T> {}

impl<T: OnCpuDead> CpuDeadCallback<T> {
    /// Registers the callback of `target`.
    pub fn register(target: Arc<T>) -> Result<Self> {
        let node = Opaque::zeroed();
        let entry = KBox::into_raw(KBox::new(Entry { node, target }, GFP_KERNEL)?);
        Self::add(entry).inspect_err(|_| {
            // SAFETY: It came from a box just above, and is in no list.
            drop(unsafe { KBox::from_raw(entry) });
        })
    }

    fn add(entry: *mut Entry<T>) -> Result<Self> {
        // With `multi_instance` the kernel passes the node besides the CPU, whatever the type of
        // the field says (`cpuhp_invoke_callback()`).
        let dead: unsafe extern "C" fn(u32, *mut bindings::hlist_node) -> i32 = dead::<T>;
        // SAFETY: See above; both are functions of two words to one.
        let dead = unsafe {
            core::mem::transmute::<
                unsafe extern "C" fn(u32, *mut bindings::hlist_node) -> i32,
                unsafe extern "C" fn(u32) -> i32,
            >(dead)
        };
        // SAFETY: The name is constant, and the callback a function of this module, which removes the
        // state before it is unloaded.
        let state = unsafe {
            bindings::__cpuhp_setup_state(
                bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN,
                c"slowpath:dead".as_char_ptr(),
                false,
                None,
                Some(dead),
                true,
            )
        };
        to_result(state.min(0))?;
        let state = state as bindings::cpuhp_state;
        // SAFETY: The node is the entry's first field and stays where it is while in the list.
        let added = unsafe { bindings::__cpuhp_state_add_instance(state, entry.cast(), false) };
        to_result(added).inspect_err(|_| {
            // SAFETY: It was set up above and has no instance.
            unsafe { bindings::__cpuhp_remove_state(state, false) };
        })?;
        // INVARIANT: Both were just done.
        Ok(Self { entry, state })
    }
}

impl<T: OnCpuDead> Drop for CpuDeadCallback<T> {
    fn drop(&mut self) {
        // SAFETY: It is in that list, by the invariant; afterwards there are no calls.
        unsafe {
            bindings::__cpuhp_state_remove_instance(self.state, self.entry.cast(), false);
            bindings::__cpuhp_remove_state(self.state, false);
            drop(KBox::from_raw(self.entry));
        }
    }
}

/// # Safety
///
/// `node` is the first field of an `Entry<T>` that is in the list.
unsafe extern "C" fn dead<T: OnCpuDead>(vcpu: u32, node: *mut bindings::hlist_node) -> i32 {
    // SAFETY: By the contract of the function.
    let entry = unsafe { &*node.cast::<Entry<T>>() };
    entry.target.cpu_dead(vcpu);
    0
}
