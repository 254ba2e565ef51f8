// SPDX-License-Identifier: GPL-2.0

//! One test source, two runners: loom explores a small program, threads hammer a large one.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    unsafe_code,
    reason = "a number that nothing protects is what locks are tested on"
)]

use algo::primitive::Cell;

#[cfg(loom)]
pub use loom::{sync::Arc, thread};
#[cfg(not(loom))]
pub use std::{sync::Arc, thread};

/// Declares tests that are one expression each.
#[allow(unused_macros, reason = "each test file uses its own part")]
macro_rules! tests {
    ($($(#[$meta:meta])* $name:ident: $test:expr;)*) => {$(
        $(#[$meta])*
        #[test]
        fn $name() {
            $test
        }
    )*};
}

/// How often each thread repeats its step.
pub const ROUNDS: u32 = if cfg!(loom) { 1 } else { 20_000 };

/// Runs `test` in every interleaving (loom) or once (threads).
///
/// loom is bounded to `preemptions` forced switches, without which three threads do not end.
pub fn check(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    #[cfg(loom)]
    {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(preemptions);
        model.check(test);
    }
    #[cfg(not(loom))]
    {
        let _ = preemptions;
        test();
    }
}

/// Runs `work` on `threads` threads, the caller among them, and waits for all.
///
/// Threads start together; loom needs no such help.
pub fn together<W>(threads: u32, work: W)
where
    W: Fn(u32) + Clone + Send + 'static,
{
    #[cfg(not(loom))]
    let gate = Arc::new(std::sync::Barrier::new(threads as usize));
    let others: Vec<_> = (1..threads)
        .map(|i| {
            let work = work.clone();
            #[cfg(not(loom))]
            let gate = gate.clone();
            thread::spawn(move || {
                #[cfg(not(loom))]
                gate.wait();
                work(i);
            })
        })
        .collect();
    #[cfg(not(loom))]
    gate.wait();
    work(0);
    others.into_iter().for_each(|t| t.join().unwrap());
}

/// Runs `work` on two threads that share `value`, the caller among them, and waits for both.
pub fn share<T, W>(value: &Arc<T>, work: W)
where
    T: Send + Sync + 'static,
    W: Fn(&T, u32) + Clone + Send + 'static,
{
    let value = value.clone();
    together(2, move |i| work(&value, i));
}

/// A number that nothing protects.
pub struct Bare(Cell<u32>);

// SAFETY: None; that is the point. loom reports any access that the code under test lets race.
unsafe impl Sync for Bare {}
// SAFETY: As above.
unsafe impl Send for Bare {}

impl Bare {
    pub fn new() -> Self {
        Self(Cell::new(0))
    }
    pub fn bump(&self) {
        // SAFETY: See `Sync`.
        self.0.with_mut(|n| unsafe { *n += 1 });
    }
    pub fn get(&self) -> u32 {
        // SAFETY: See `Sync`.
        self.0.with(|n| unsafe { *n })
    }
}
