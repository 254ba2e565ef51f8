// SPDX-License-Identifier: GPL-2.0

//! Sharing between threads of a module, all of which are one thread of this process.

use std::{
    ops::Deref,
    sync::{MutexGuard, OnceLock},
};

use crate::alloc::{AllocError, Flags};

/// Makes a mutex.
#[macro_export]
macro_rules! new_mutex {
    ($value:expr) => {
        $crate::sync::Mutex::new($value)
    };
}

/// A mutex. Its holder executes no word of the machine that lets another thread come to it, so it is free.
pub struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// Creates it.
    pub const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// Locks it.
    ///
    /// # Panics
    ///
    /// If another thread of the module has it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        match self.0.try_lock() {
            Ok(guard) => guard,
            Err(_) => panic!("a mutex is held across a word of the machine"),
        }
    }
}

/// A shared value.
pub struct Arc<T>(std::sync::Arc<T>);

impl<T> Arc<T> {
    /// Allocates it.
    ///
    /// # Errors
    ///
    /// Never.
    pub fn new(value: T, _: Flags) -> Result<Self, AllocError> {
        Ok(Self(std::sync::Arc::new(value)))
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A value that is set once.
pub struct SetOnce<T>(OnceLock<T>);

impl<T> SetOnce<T> {
    /// Creates it without a value.
    #[expect(clippy::new_without_default, reason = "as in the kernel")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Returns the value, if it is set.
    pub fn copy(&self) -> Option<T>
    where
        T: Copy,
    {
        self.0.get().copied()
    }

    /// Returns a reference to the value, if it is set.
    pub fn as_ref(&self) -> Option<&T> {
        self.0.get()
    }

    /// Sets the value; false if it was set.
    pub fn populate(&self, value: T) -> bool {
        self.0.set(value).is_ok()
    }
}
