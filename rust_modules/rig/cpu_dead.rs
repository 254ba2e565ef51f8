// SPDX-License-Identifier: GPL-2.0

//! Being told that a vCPU has gone.
//!
//! By a state of `kernel/cpu.c` in its PREPARE section: what it calls runs after the vCPU's last
//! instruction, on another, as `percpu_counter_cpu_dead()` in `lib/percpu_counter.c` does.

use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// Whoever wants to know.
pub trait OnCpuDead: Send + Sync + 'static {
    /// `vcpu` has run its last instruction, and runs none until this returns.
    fn vcpu_died(&self, vcpu: u32);
}

/// Tells it, for as long as this lives.
///
/// # Invariants
///
/// `entry` came from a box and is in the list of `state`, which is the kernel's number of it.
pub struct CpuDeadCallback<T: OnCpuDead> {
    entry: *mut Entry<T>,
    state: bindings::cpuhp_state,
}

/// An instance in the list of a state, which finds it by the node.
#[repr(C)]
struct Entry<T> {
    node: Opaque<bindings::hlist_node>,
    who: Arc<T>,
}

// SAFETY: It does nothing but keep the entry, whose contents any thread may have.
unsafe impl<T: OnCpuDead> Send for CpuDeadCallback<T> {}
// SAFETY: As above.
unsafe impl<T: OnCpuDead> Sync for CpuDeadCallback<T> {}

impl<T: OnCpuDead> CpuDeadCallback<T> {
    /// Tells `who` from now on.
    pub fn tell(who: Arc<T>) -> Result<Self> {
        let node = Opaque::zeroed();
        let entry = KBox::into_raw(KBox::new(Entry { node, who }, GFP_KERNEL)?);
        Self::enlist(entry).inspect_err(|_| {
            // SAFETY: It came from a box just above, and is in no list.
            drop(unsafe { KBox::from_raw(entry) });
        })
    }

    fn enlist(entry: *mut Entry<T>) -> Result<Self> {
        // With `multi_instance` the kernel passes the node besides the CPU, whatever the type of
        // the field says (`cpuhp_invoke_callback()`).
        let died: unsafe extern "C" fn(u32, *mut bindings::hlist_node) -> i32 = died::<T>;
        // SAFETY: See above; both are functions of two words to one.
        let died = unsafe {
            core::mem::transmute::<
                unsafe extern "C" fn(u32, *mut bindings::hlist_node) -> i32,
                unsafe extern "C" fn(u32) -> i32,
            >(died)
        };
        // SAFETY: The name is constant, and called is a function of this module, which takes the
        // state away before it goes.
        let state = unsafe {
            bindings::__cpuhp_setup_state(
                bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN,
                c"slowpath:dead".as_char_ptr(),
                false,
                None,
                Some(died),
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
        // SAFETY: It is in that list, by the invariant; afterwards nobody calls any more.
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
unsafe extern "C" fn died<T: OnCpuDead>(vcpu: u32, node: *mut bindings::hlist_node) -> i32 {
    // SAFETY: By the contract of the function.
    let entry = unsafe { &*node.cast::<Entry<T>>() };
    entry.who.vcpu_died(vcpu);
    0
}
