// SPDX-License-Identifier: GPL-2.0

//! Framing: messages are written whole, and read with every length checked.

use std::io::{self, Read, Write};

use serde::{de::DeserializeOwned, Serialize};

use crate::Message;

/// The longest piece of a stream in one frame. The port itself takes 32 KiB at a time.
pub const MAX_DATA: usize = 32 << 10;

/// The longest structured message.
pub const MAX_STRUCTURED: usize = 256 << 10;

/// Why a frame was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other end closed the channel between two frames.
    #[error("the channel was closed")]
    Closed,
    /// The other end closed the channel within a frame.
    #[error("the channel was closed within a frame")]
    Truncated,
    /// The bytes are not a frame.
    #[error("frame type {0:#04x} is unknown")]
    UnknownType(u8),
    /// The frame claims, or would need, more than its type allows.
    #[error("a frame of type {kind:#04x} has {length} bytes; at most {limit} are allowed")]
    TooLong {
        /// The frame's type.
        kind: u8,
        /// The length that it claims.
        length: usize,
        /// The longest payload of its type.
        limit: usize,
    },
    /// The payload is not what the type says.
    #[error("a frame of type {kind:#04x} has a malformed payload: {source}")]
    Malformed {
        /// The frame's type.
        kind: u8,
        /// The error of the JSON parser.
        source: serde_json::Error,
    },
    /// The channel itself failed.
    #[error("the channel failed: {0}")]
    Io(#[from] io::Error),
}

const HELLO: u8 = 0x01;
const RUN: u8 = 0x02;
const STDIN: u8 = 0x03;
const STDIN_END: u8 = 0x04;
const STDOUT: u8 = 0x05;
const STDERR: u8 = 0x06;
const HEARTBEAT: u8 = 0x07;
const NOTE: u8 = 0x08;
const EXIT: u8 = 0x09;
const GOODBYE: u8 = 0x0a;
const RELEASE: u8 = 0x0b;

/// How long a payload of this type may be; `None` for an unknown type.
fn limit(kind: u8) -> Option<usize> {
    match kind {
        STDIN | STDOUT | STDERR => Some(MAX_DATA),
        STDIN_END | GOODBYE | RELEASE => Some(0),
        HELLO | RUN | HEARTBEAT | NOTE | EXIT => Some(MAX_STRUCTURED),
        _ => None,
    }
}

/// Writes one message as one `write_all`, so that frames of several threads do not mix when each
/// holds the same lock around it.
pub fn write(to: &mut impl Write, message: &Message) -> Result<(), WireError> {
    match message {
        Message::Hello(hello) => structured(to, HELLO, hello),
        Message::Run(request) => structured(to, RUN, request),
        Message::Stdin(data) => raw(to, STDIN, data),
        Message::StdinEnd => raw(to, STDIN_END, &[]),
        Message::Stdout(data) => raw(to, STDOUT, data),
        Message::Stderr(data) => raw(to, STDERR, data),
        Message::Heartbeat(heartbeat) => structured(to, HEARTBEAT, heartbeat),
        Message::Note(note) => structured(to, NOTE, note),
        Message::Exit(exit) => structured(to, EXIT, exit),
        Message::Release => raw(to, RELEASE, &[]),
        Message::Goodbye => raw(to, GOODBYE, &[]),
    }
}

/// Reads one message.
pub fn read(from: &mut impl Read) -> Result<Message, WireError> {
    let kind = first_byte(from)?;
    let limit = limit(kind).ok_or(WireError::UnknownType(kind))?;
    let mut length = [0; 4];
    fill(from, &mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > limit {
        return Err(WireError::TooLong {
            kind,
            length,
            limit,
        });
    }
    let mut payload = vec![0; length];
    fill(from, &mut payload)?;
    Ok(match kind {
        HELLO => Message::Hello(parse(kind, &payload)?),
        RUN => Message::Run(parse(kind, &payload)?),
        STDIN => Message::Stdin(payload),
        STDIN_END => Message::StdinEnd,
        STDOUT => Message::Stdout(payload),
        STDERR => Message::Stderr(payload),
        HEARTBEAT => Message::Heartbeat(parse(kind, &payload)?),
        NOTE => Message::Note(parse(kind, &payload)?),
        EXIT => Message::Exit(parse(kind, &payload)?),
        RELEASE => Message::Release,
        _ => Message::Goodbye,
    })
}

fn structured(to: &mut impl Write, kind: u8, value: &impl Serialize) -> Result<(), WireError> {
    let payload =
        serde_json::to_vec(value).map_err(|source| WireError::Malformed { kind, source })?;
    raw(to, kind, &payload)
}

fn raw(to: &mut impl Write, kind: u8, payload: &[u8]) -> Result<(), WireError> {
    let limit = limit(kind).ok_or(WireError::UnknownType(kind))?;
    let length = payload.len();
    if length > limit {
        return Err(WireError::TooLong {
            kind,
            length,
            limit,
        });
    }
    let mut frame = Vec::with_capacity(5 + length);
    frame.push(kind);
    frame.extend_from_slice(&(length as u32).to_le_bytes());
    frame.extend_from_slice(payload);
    to.write_all(&frame)?;
    Ok(to.flush()?)
}

fn parse<T: DeserializeOwned>(kind: u8, payload: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(payload).map_err(|source| WireError::Malformed { kind, source })
}

/// The end of the channel is only clean where a frame would begin.
fn first_byte(from: &mut impl Read) -> Result<u8, WireError> {
    let mut byte = [0];
    match from.read_exact(&mut byte) {
        Ok(()) => Ok(byte[0]),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(WireError::Closed),
        Err(error) => Err(error.into()),
    }
}

fn fill(from: &mut impl Read, buffer: &mut [u8]) -> Result<(), WireError> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(WireError::Truncated),
        Err(error) => Err(error.into()),
    }
}
