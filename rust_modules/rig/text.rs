// SPDX-License-Identifier: GPL-2.0

//! Growing text buffer.

use core::fmt;

use kernel::prelude::*;

use crate::may_fail;

/// Text of a file or a report.
#[derive(Default)]
pub struct Text(KVVec<u8>);

impl Text {
    /// Creates an empty text with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Result<Self> {
        Ok(Self(KVVec::with_capacity(bytes, may_fail())?))
    }

    /// Returns the text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds `bytes`, which are text.
    pub fn push(&mut self, bytes: &[u8]) -> Result {
        Ok(self.0.extend_from_slice(bytes, may_fail())?)
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes()).map_err(|_| fmt::Error)
    }
}
