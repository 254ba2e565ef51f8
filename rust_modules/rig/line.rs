// SPDX-License-Identifier: GPL-2.0

//! A short text in place, for reasons that must be kept even when memory is short.

use core::{
    fmt,
    str, //
};

/// At most 240 bytes of text on one line; what is more is cut off.
pub struct Line {
    bytes: [u8; 240],
    len: usize,
}

impl Line {
    /// Creates an empty line.
    pub const fn new() -> Self {
        Self {
            bytes: [0; 240],
            len: 0,
        }
    }

    /// Creates a line that says `what`.
    pub fn say(what: fmt::Arguments<'_>) -> Self {
        let mut line = Self::new();
        // Writing to a line does not fail.
        let _ = fmt::write(&mut line, what);
        line
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        let text = self.bytes.get(..self.len).unwrap_or_default();
        str::from_utf8(text).unwrap_or_default()
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            // A line stays one line, whatever a writer sent.
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
