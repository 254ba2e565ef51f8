// SPDX-License-Identifier: GPL-2.0

//! A lock taken the hard way: by trying, with interrupts off, or inside others of its kind.
//!
//! As in `locktorture`, a thread takes some of the outer locks, in their order, and then the
//! innermost. All would be one too many: whoever has the first had kept everyone from the rest.

use algo::{
    lock::Lock,
    Waiter, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};
use rig::{
    IrqsOff,
    Padded, //
};

use super::{
    dice,
    Levels, //
};

/// How a lock is taken.
#[derive(Clone, Copy)]
pub(crate) struct How {
    /// By trying until it is had.
    pub(crate) tries: bool,
    /// With interrupts off.
    pub(crate) irqs_off: bool,
}

/// An `L`, and those around it.
pub(crate) struct Rough<L> {
    inmost: L,
    outer: KVVec<Padded<L>>,
    levels: Option<Arc<Levels>>,
    how: How,
}

impl<L: Lock> Rough<L> {
    /// Makes a lock that is taken so, in as many others as there are `levels`.
    pub(crate) fn taken(how: How, levels: &Arc<Levels>) -> Result<Self> {
        let mut outer = KVVec::new();
        for _ in 0..levels.len() {
            outer.push(Padded(L::new()), GFP_KERNEL)?;
        }
        Ok(Self {
            inmost: L::new(),
            outer,
            levels: Some(levels.clone()),
            how,
        })
    }
}

impl<L: Lock> Rough<L> {
    /// Takes those of the outer locks from `next` on that `chosen` has a bit for, then the
    /// innermost.
    fn nest<R>(&self, next: usize, chosen: u32, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let levels = self.levels.as_deref();
        let (Some(lock), Some(level)) = (
            self.outer.get(next),
            levels.and_then(|levels| levels.get(next)),
        ) else {
            return self.take(&self.inmost, me, body);
        };
        let (inner, rest) = (next.wrapping_add(1), chosen >> 1);
        match chosen & 1 {
            0 => self.nest(inner, rest, me, body),
            _ => self.take(lock, me, || {
                level.section(|| self.nest(inner, rest, me, body))
            }),
        }
    }

    #[inline]
    fn take<R>(&self, lock: &L, me: &Waiter, body: impl FnOnce() -> R) -> R {
        if !self.how.tries {
            let _off = self.how.irqs_off.then(IrqsOff::new);
            return lock.with(me, body);
        }
        let mut body = Some(body);
        loop {
            let off = self.how.irqs_off.then(IrqsOff::new);
            // Taken at most once, as the body is there only once.
            let r = lock.try_with(me, || body.take().map(|body| body()));
            drop(off);
            if let Some(Some(r)) = r {
                return r;
            }
            me.events.trylock_failed.bump();
            me.wait_clock.begin(me.events.halts.get());
            me.relax_and_sample();
        }
    }
}

impl<L: Lock> Lock for Rough<L> {
    const REPORTS_CONTENTION: bool = L::REPORTS_CONTENTION;
    const SLEEPS: bool = L::SLEEPS;

    fn new() -> Self {
        Self {
            inmost: L::new(),
            outer: KVVec::new(),
            levels: None,
            how: How {
                tries: false,
                irqs_off: false,
            },
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let chosen = match self.outer.is_empty() {
            true => 0,
            false => dice::roll(),
        };
        self.nest(0, chosen, me, body)
    }

    fn try_with<R>(&self, _: &Waiter, _: impl FnOnce() -> R) -> Option<R> {
        None
    }
}
