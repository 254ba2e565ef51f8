// SPDX-License-Identifier: GPL-2.0

//! A reference that a thread keeps for the duration of one call.
//!
//! It spares [`Waiter`](crate::Waiter), which every lock takes, a lifetime parameter.

#![expect(unsafe_code, reason = "a guard proves the lifetime, not a type")]

use core::{
    cell::Cell,
    ptr::NonNull, //
};

/// A borrowed `T`, or none.
///
/// # Invariants
///
/// The pointer is valid while it is there: [`Lent::during`] puts it there and takes it away.
pub(crate) struct Lent<T: ?Sized>(Cell<Option<NonNull<T>>>);

/// Puts back the former pointer, also if the call panics.
struct Restore<'a, T: ?Sized> {
    lent: &'a Lent<T>,
    before: Option<NonNull<T>>,
}

impl<T: ?Sized> Drop for Restore<'_, T> {
    fn drop(&mut self) {
        self.lent.0.set(self.before);
    }
}

impl<T: ?Sized> Default for Lent<T> {
    fn default() -> Self {
        Self(Cell::new(None))
    }
}

impl<T: ?Sized> Lent<T> {
    /// Calls `body`, for which `value` is lent.
    pub(crate) fn during<R>(&self, value: &T, body: impl FnOnce() -> R) -> R {
        // INVARIANT: `value` is borrowed until `_restore` is dropped, and no longer kept then.
        let before = self.0.replace(Some(NonNull::from(value)));
        let _restore = Restore { lent: self, before };
        body()
    }

    /// Calls `body` with what is lent.
    #[inline]
    pub(crate) fn with(&self, body: impl FnOnce(&T)) {
        if let Some(value) = self.0.get() {
            // SAFETY: It is valid, by the invariant. It stays so for this call: a `Cell` is not
            // shared between threads, so the `during` that lends it is below on this stack.
            body(unsafe { value.as_ref() });
        }
    }
}
