// SPDX-License-Identifier: GPL-2.0

//! Reason of an error as text in place, which needs no memory.

use core::{
    fmt,
    str, //
};

/// Longest reason, in bytes; the rest is cut off.
const LONGEST: usize = 240;

/// Reason of an error, on one line.
pub(crate) struct ErrorText {
    bytes: [u8; LONGEST],
    len: usize,
}

impl ErrorText {
    /// No error.
    pub(crate) const NONE: Self = Self {
        bytes: [0; LONGEST],
        len: 0,
    };

    /// Formats `reason`.
    pub(crate) fn new(reason: fmt::Arguments<'_>) -> Self {
        let mut text = Self::NONE;
        // Writing to it does not fail.
        let _ = fmt::write(&mut text, reason);
        text
    }

    /// Returns the text.
    pub(crate) fn as_str(&self) -> &str {
        let text = self.bytes.get(..self.len).unwrap_or_default();
        str::from_utf8(text).unwrap_or_default()
    }
}

impl fmt::Write for ErrorText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            // It stays one line, whatever a writer sent.
            let c = if c.is_control() { '?' } else { c };
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).as_bytes();
            let end = self.len.saturating_add(bytes.len());
            let Some(room) = self.bytes.get_mut(self.len..end) else {
                break;
            };
            room.iter_mut()
                .zip(bytes)
                .for_each(|(to, from)| *to = *from);
            self.len = end;
        }
        Ok(())
    }
}
