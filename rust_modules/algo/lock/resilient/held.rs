// SPDX-License-Identifier: GPL-2.0

//! Locks that a thread holds: a list of entries on its stack, the innermost lock first.

#![expect(unsafe_code, reason = "a guard proves the lifetime, not a type")]

use core::{
    cell::Cell,
    ptr::NonNull, //
};

use super::waits::Waits;

/// An entry, in the stack frame of the section.
struct Entry {
    waits: NonNull<Waits>,
    outer: Option<NonNull<Entry>>,
}

/// The `resilient` locks that one thread holds.
///
/// # Invariants
///
/// The entries, and the locks that they name, are live: [`HeldLocks::during`] puts one there and takes it away.
#[derive(Default)]
pub(crate) struct HeldLocks(Cell<Option<NonNull<Entry>>>);

/// Takes the innermost entry away, also if the section panics.
struct Restore<'a> {
    held: &'a HeldLocks,
    outer: Option<NonNull<Entry>>,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.held.0.set(self.outer);
    }
}

impl HeldLocks {
    /// Runs `body`, for which the lock of `waits` is held.
    #[inline]
    pub(super) fn during<R>(&self, waits: &Waits, body: impl FnOnce() -> R) -> R {
        let outer = self.0.get();
        let entry = Entry {
            waits: NonNull::from(waits),
            outer,
        };
        // INVARIANT: Both are borrowed until `_restore` is dropped, and the entry is no longer there then.
        self.0.set(Some(NonNull::from(&entry)));
        let _restore = Restore { held: self, outer };
        body()
    }

    /// Whether `is` says so of any of them.
    pub(super) fn any(&self, is: impl Fn(&Waits) -> bool) -> bool {
        let mut next = self.0.get();
        while let Some(entry) = next {
            // SAFETY: Live, by the invariant. It stays so for this call: a `Cell` is not shared between
            // threads, so the `during` that put it there is below on this stack.
            let entry = unsafe { entry.as_ref() };
            // SAFETY: As above.
            if is(unsafe { entry.waits.as_ref() }) {
                return true;
            }
            next = entry.outer;
        }
        false
    }
}
