// SPDX-License-Identifier: GPL-2.0

//! Value alone on its cache lines: two of them, since processors fetch them in pairs.

use core::ops::{
    Deref,
    DerefMut, //
};

/// A value alone on its cache lines.
#[repr(align(128))]
pub struct Padded<T>(pub T);

impl<T> Deref for Padded<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Padded<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
