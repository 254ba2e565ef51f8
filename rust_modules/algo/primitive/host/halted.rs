// SPDX-License-Identifier: GPL-2.0

//! Halted threads in loom's model.
//!
//! `park` and `unpark` alone would do, but loom's `unpark` orders even for a thread that runs. No
//! kick does that, so it hid orderings that were missing. Here a kick orders for whom it wakes.

use super::{
    raw::AtomicU32,
    thread,
    Raw, //
};

const AWAKE: u32 = 0;
const HALTED: u32 = 1;
const KICKED: u32 = 2;

// All are there from the start: loom takes the making of an atomic for a write to it.
loom::lazy_static! {
    static ref STATES: [AtomicU32; loom::MAX_THREADS] = core::array::from_fn(|_| AtomicU32::new(AWAKE));
}

/// Parks the calling thread, whose number is `me`, unless it was kicked since it last did.
pub(super) fn halt(me: u32) {
    let Some(state) = STATES.get(me as usize) else {
        return;
    };
    let (ok, err) = (Raw::Relaxed, Raw::Relaxed);
    if state.compare_exchange(AWAKE, HALTED, ok, err).is_ok() {
        thread::park();
    }
    // Pairs with the exchange in `kick`.
    state.swap(AWAKE, Raw::Acquire);
}

/// Kicks the thread of that number; returns whether it halts, and so has to be unparked.
pub(super) fn kick(number: u32) -> bool {
    let state = STATES.get(number as usize);
    // Pairs with the exchange in `halt`; acquires so that it goes with the kicks before it.
    state.is_some_and(|state| state.swap(KICKED, Raw::AcqRel) == HALTED)
}
