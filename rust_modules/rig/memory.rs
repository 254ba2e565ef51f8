// SPDX-License-Identifier: GPL-2.0

//! Memory that a load works on. An allocation that is too large fails and kills no process.

mod descriptor;
mod huge;
mod page;

use core::{
    fmt,
    ops::Deref,
    ptr::NonNull, //
};

use abi::Limits;
use kernel::{
    alloc::{
        flags::__GFP_NOWARN,
        AllocError,
        Flags, //
    },
    prelude::*, //
};

use crate::{
    helpers,
    Refused, //
};

pub use self::{
    descriptor::Descriptor,
    huge::HugePage,
    page::Page, //
};

/// Flags of an allocation whose size depends on settings or on the number of vCPUs: a failure is an
/// error for the writer of `start`, and no trace in the kernel's log.
pub fn may_fail() -> Flags {
    GFP_KERNEL | __GFP_NOWARN
}

/// Allocates a box.
pub fn boxed<T>(value: T) -> Result<KBox<T>> {
    Ok(KBox::new(value, GFP_KERNEL)?)
}

/// Refuses `what` if it needs more than a quarter of the available memory.
pub fn must_fit(what: fmt::Arguments<'_>, bytes: u64, limits: &Limits) -> Result<(), Refused> {
    let most = limits.bytes / 4;
    match bytes <= most {
        true => Ok(()),
        false => Err(Refused::new(
            ERANGE,
            format_args!("{what} needs {bytes} bytes; allowed: {most}. Try: less"),
        )),
    }
}

/// Array of `T`, zeroed at first, in virtually contiguous memory, by the memory policy and the
/// cpuset of the calling task.
///
/// # Invariants
///
/// `at` came from `vmalloc()` with room for `len`.
pub struct Span<T> {
    at: NonNull<T>,
    len: usize,
}

// SAFETY: It owns its `T`s as a vector does.
unsafe impl<T: Send> Send for Span<T> {}
// SAFETY: As above.
unsafe impl<T: Sync> Sync for Span<T> {}

impl<T: Zeroable> Span<T> {
    /// Allocates `len`.
    pub fn new(len: usize) -> Result<Self, AllocError> {
        let bytes = len.checked_mul(size_of::<T>()).ok_or(AllocError)?;
        if bytes == 0 {
            // INVARIANT: Nothing needs room.
            return Ok(Self {
                at: NonNull::dangling(),
                len: 0,
            });
        }
        // SAFETY: May be called where it may sleep. What comes back is aligned to a page.
        let at = unsafe { helpers::slowpath_vmalloc(bytes) };
        let at = NonNull::new(at.cast()).ok_or(AllocError)?;
        // INVARIANT: As just allocated; zeros are a `T`.
        Ok(Self { at, len })
    }
}

impl<T> Deref for Span<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: There are `len`, by the invariant, all initialised.
        unsafe { core::slice::from_raw_parts(self.at.as_ptr(), self.len) }
    }
}

impl<T> Drop for Span<T> {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: It came from `vmalloc()`, by the invariant.
            unsafe { helpers::slowpath_vfree(self.at.as_ptr().cast()) };
        }
    }
}
