// SPDX-License-Identifier: GPL-2.0

//! Framing: messages are written whole, and read with every length checked.

use std::io::{self, Read, Write};

use crate::Message;

/// The longest piece of a stream in one frame. The port itself takes 32 KiB at a time.
pub const MAX_DATA: usize = 32 << 10;

/// The longest structured message.
pub const MAX_STRUCTURED: usize = 256 << 10;

/// Types of frames: any message in JSON, and the pieces of the three streams.
const STRUCTURED: u8 = 0x10;
const STDIN: u8 = 0x11;
const STDOUT: u8 = 0x12;
const STDERR: u8 = 0x13;

/// Why a frame was not read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the message of each explains it
pub enum WireError {
    #[error("the channel was closed")]
    Closed,
    #[error("the channel was closed within a frame")]
    Truncated,
    #[error("frame type {0:#04x} is unknown; after an update of vm, try: `make image`")]
    UnknownType(u8),
    /// The frame claims, or would need, more than its type allows: its type, its length, the limit.
    #[error("a frame of type {0:#04x} has {1} bytes; allowed: {2}")]
    TooLong(u8, usize, usize),
    #[error("malformed message: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the channel failed: {0}")]
    Io(#[from] io::Error),
}

fn check(kind: u8, length: usize) -> Result<(), WireError> {
    let limit = match kind {
        STRUCTURED => MAX_STRUCTURED,
        STDIN | STDOUT | STDERR => MAX_DATA,
        _ => return Err(WireError::UnknownType(kind)),
    };
    match length <= limit {
        true => Ok(()),
        false => Err(WireError::TooLong(kind, length, limit)),
    }
}

/// Writes one message as one `write_all`, so that frames of several threads do not mix when each holds the
/// same lock around it.
pub fn write(to: &mut impl Write, message: &Message) -> Result<(), WireError> {
    let json;
    let (kind, payload) = match message {
        Message::Stdin(data) => (STDIN, data),
        Message::Stdout(data) => (STDOUT, data),
        Message::Stderr(data) => (STDERR, data),
        structured => {
            json = serde_json::to_vec(structured)?;
            (STRUCTURED, &json)
        }
    };
    check(kind, payload.len())?;
    let mut frame = vec![kind];
    frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    frame.extend_from_slice(payload);
    to.write_all(&frame)?;
    Ok(to.flush()?)
}

/// Reads one message.
pub fn read(from: &mut impl Read) -> Result<Message, WireError> {
    let (mut kind, mut length) = ([0], [0; 4]);
    // The end of the channel is only clean where a frame would begin.
    fill(from, &mut kind, WireError::Closed)?;
    let [kind] = kind;
    check(kind, 0)?;
    fill(from, &mut length, WireError::Truncated)?;
    let length = u32::from_le_bytes(length) as usize;
    check(kind, length)?;
    let mut payload = vec![0; length];
    fill(from, &mut payload, WireError::Truncated)?;
    Ok(match kind {
        STDIN => Message::Stdin(payload),
        STDOUT => Message::Stdout(payload),
        STDERR => Message::Stderr(payload),
        _ => serde_json::from_slice(&payload)?,
    })
}

fn fill(from: &mut impl Read, buffer: &mut [u8], at_end: WireError) -> Result<(), WireError> {
    from.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => at_end,
        _ => error.into(),
    })
}
