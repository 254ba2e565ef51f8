// SPDX-License-Identifier: GPL-2.0

//! Memory. It never fails: a host without memory ends the process. Each allocation begins a cache line
//! (`machine::memory`).

use core::{
    ops::{Deref, DerefMut},
    pin::Pin,
    slice,
};

/// There is no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocError;

/// Flags of an allocation; they mean nothing here.
#[derive(Clone, Copy, Debug)]
pub struct Flags;

/// The usual flags.
pub const GFP_KERNEL: Flags = Flags;

/// A box. `KBox::new` has one argument more in the kernel, so files that call it are not shared.
pub type KBox<T> = Box<T>;

/// A box whose value stays where it is.
pub trait Pinned<T> {
    /// Allocates it.
    ///
    /// # Errors
    ///
    /// Never.
    fn pin_init(value: T, flags: Flags) -> Result<Pin<KBox<T>>, AllocError>;
}

impl<T> Pinned<T> for KBox<T> {
    fn pin_init(value: T, _: Flags) -> Result<Pin<KBox<T>>, AllocError> {
        Ok(Box::pin(value))
    }
}

/// A vector.
pub struct KVVec<T>(Vec<T>);

/// The same.
pub type VVec<T> = KVVec<T>;

impl<T> KVVec<T> {
    /// Creates an empty one.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Returns for how many elements there is room.
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Removes all elements.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Makes room for so many more.
    ///
    /// # Errors
    ///
    /// Never.
    pub fn reserve(&mut self, more: usize, _: Flags) -> Result<(), AllocError> {
        self.0.reserve(more);
        Ok(())
    }

    /// Adds an element if there is room.
    ///
    /// # Errors
    ///
    /// Returns the element if there is none.
    pub fn push_within_capacity(&mut self, element: T) -> Result<(), T> {
        match self.len() < self.capacity() {
            true => {
                self.0.push(element);
                Ok(())
            }
            false => Err(element),
        }
    }

    /// Allocates one with room for `len`.
    ///
    /// # Errors
    ///
    /// Never.
    pub fn with_capacity(len: usize, _: Flags) -> Result<Self, AllocError> {
        Ok(Self(Vec::with_capacity(len)))
    }

    /// Adds an element.
    ///
    /// # Errors
    ///
    /// Never.
    pub fn push(&mut self, element: T, _: Flags) -> Result<(), AllocError> {
        self.0.push(element);
        Ok(())
    }
}

impl<T> Default for KVVec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for KVVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for KVVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<'a, T> IntoIterator for &'a KVVec<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> slice::Iter<'a, T> {
        self.iter()
    }
}
