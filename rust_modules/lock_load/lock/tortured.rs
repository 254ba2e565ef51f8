// SPDX-License-Identifier: GPL-2.0

//! A lock taken under torture options: by trylock, with interrupts off, or nested in others.
//!
//! As in `locktorture`, a thread takes some of the outer locks in their order, and then the
//! innermost. It does not take all: the first alone would then exclude from all others.

use abi::lock_load::{
    Acquire,
    Irqs, //
};
use rig::IrqsOff;

use super::outer_words::OuterWords;
use crate::{
    prelude::*,
    weak_random::weak_random, //
};

/// An `L`, and the locks around it.
pub(super) struct TorturedLock<L> {
    innermost: L,
    outer: KVVec<Padded<L>>,
    words: Option<Arc<OuterWords>>,
    /// Taken by trylock, again and again.
    tries: bool,
    irqs_off: bool,
}

/// Returns whether a lock that serves in order of arrival still does so: not if threads do not queue
/// for it, or take others before.
pub(crate) fn keeps_order(config: &Config) -> bool {
    config.acquire == Acquire::Lock && config.nested == 1
}

impl<L: Lock> TorturedLock<L> {
    /// Creates the lock with the words of its outer locks, if `config` has such an option.
    pub(super) fn wanted(config: &Config) -> Result<Option<(Self, Arc<OuterWords>)>> {
        if keeps_order(config) && config.irqs == Irqs::On {
            return Ok(None);
        }
        let words = OuterWords::new(config.nested.saturating_sub(1))?;
        let words = Arc::new(words, GFP_KERNEL)?;
        let mut lock = Self {
            words: Some(words.clone()),
            tries: config.acquire == Acquire::Try,
            irqs_off: config.irqs == Irqs::Off,
            ..Self::new()
        };
        for level in (1u32..).take(words.len()) {
            lock.outer.push(Padded(L::of_level(level)), GFP_KERNEL)?;
        }
        Ok(Some((lock, words)))
    }

    /// Takes each outer lock from `next` on that has a bit in `chosen`, then calls `innermost`, which
    /// takes the innermost.
    fn nest<R>(&self, next: usize, chosen: u32, me: &Waiter, innermost: impl FnOnce() -> R) -> R {
        let words = self.words.as_deref();
        let (Some(lock), Some(level)) = (
            self.outer.get(next),
            words.and_then(|words| words.get(next)),
        ) else {
            return innermost();
        };
        let (inner, rest) = (next.wrapping_add(1), chosen >> 1);
        match chosen & 1 {
            0 => self.nest(inner, rest, me, innermost),
            _ => self.take(lock, me, || {
                level.section(|| self.nest(inner, rest, me, innermost))
            }),
        }
    }

    /// Returns a bit for each outer lock that is to be taken.
    #[inline]
    fn choose(&self) -> u32 {
        match self.outer.is_empty() {
            true => 0,
            false => weak_random(),
        }
    }

    #[inline]
    fn take<R>(&self, lock: &L, me: &Waiter, body: impl FnOnce() -> R) -> R {
        if !self.tries {
            let _off = self.irqs_off.then(IrqsOff::new);
            return lock.with(me, body);
        }
        let mut body = Some(body);
        loop {
            let off = self.irqs_off.then(IrqsOff::new);
            // `body` is called once: the loop ends when it is taken.
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

impl<L: Lock> Lock for TorturedLock<L> {
    const REPORTS_CONTENTION: bool = L::REPORTS_CONTENTION;
    const SLEEPS: bool = L::SLEEPS;
    const DELEGATES: bool = L::DELEGATES;

    fn new() -> Self {
        Self {
            innermost: L::new(),
            outer: KVVec::new(),
            words: None,
            tries: false,
            irqs_off: false,
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        self.nest(0, self.choose(), me, || {
            self.take(&self.innermost, me, body)
        })
    }

    /// Not used: this is the outermost lock.
    fn try_with<R>(&self, _: &Waiter, _: impl FnOnce() -> R) -> Option<R> {
        None
    }

    /// Delegates the innermost section; a trylock does not wait, and outer ones take locks themselves.
    #[inline]
    fn delegate<R: Send>(&self, me: &Waiter, body: impl FnOnce() -> R + Send) -> R {
        self.nest(0, self.choose(), me, || {
            if self.tries {
                return self.take(&self.innermost, me, body);
            }
            let _off = self.irqs_off.then(IrqsOff::new);
            self.innermost.delegate(me, body)
        })
    }
}
