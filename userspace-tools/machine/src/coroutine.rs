// SPDX-License-Identifier: GPL-2.0

//! The code of a vCPU as a coroutine, and the way from a word in it to the simulation.

#![expect(
    unsafe_code,
    reason = "a word reaches the simulation without an argument"
)]

use std::{
    cell::{Cell, RefCell},
    ops::Range,
    ptr,
};

use corosensei::{
    stack::{DefaultStack, Stack},
    Coroutine,
};

use crate::{simulation::Simulation, suspend::Suspend, VcpuId};

/// Bytes of a vCPU's stack; only those touched take memory.
const STACK: usize = 64 * 1024;

/// The code of a vCPU.
pub(crate) struct Code(Coroutine<(), (), ()>);

impl Code {
    /// Makes the code of `vcpu`; also returns the addresses of its stack.
    pub(crate) fn new(
        vcpu: VcpuId,
        body: impl FnOnce() + 'static,
    ) -> std::io::Result<(Self, Range<usize>)> {
        let stack = DefaultStack::new(STACK)?;
        let addresses = stack.limit().get()..stack.base().get();
        let code = Coroutine::with_stack(stack, move |yielder, ()| {
            let suspend = Suspend::new(yielder);
            with(|simulation| simulation.borrow_mut().vcpu(vcpu).suspend = Some(suspend));
            body();
        });
        Ok((Self(code), addresses))
    }

    /// Runs it until its next suspension; returns whether it has ended.
    pub(crate) fn resume(&mut self) -> bool {
        self.0.resume(()).as_return().is_some()
    }
}

thread_local! {
    static SIMULATION: Cell<*const RefCell<Simulation>> = const { Cell::new(ptr::null()) };
}

/// Calls `body`, during which words of this thread reach `simulation`.
pub(crate) fn during<R>(simulation: &RefCell<Simulation>, body: impl FnOnce() -> R) -> R {
    /// Restores what was there, even if `body` panics.
    struct Restore(*const RefCell<Simulation>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SIMULATION.set(self.0);
        }
    }
    let _restore = Restore(SIMULATION.replace(simulation));
    body()
}

/// Calls `f` with the simulation that this thread runs; outside of one, `None`.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&RefCell<Simulation>) -> R) -> Option<R> {
    // SAFETY: Null, or borrowed by `during`, which has not returned.
    unsafe { SIMULATION.get().as_ref() }.map(f)
}
