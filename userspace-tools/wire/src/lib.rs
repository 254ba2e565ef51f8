// SPDX-License-Identifier: GPL-2.0

//! What the guest's first process and its host say to each other over one virtio-serial port.
//!
//! A frame is a type byte, a length (`u32`, little endian) and that many bytes. Streams travel as
//! raw bytes, everything else as JSON. Whoever reads trusts no length: see [`MAX_DATA`] and
//! [`MAX_STRUCTURED`].
//!
//! ```text
//!        guest                                host
//!          │ Hello ──────────────────────────▶ │   before anything slow
//!          │ ◀───────────────────────────── Job │
//!          │ ◀────────────── Stdin* StdinEnd   │
//!          │ Note::Barrier ──────────────────▶ │   as often as it likes
//!          │ ◀───────────────────────── Release │
//!          │ Note* ──────────────────────────▶ │   modules, command started
//!          │ (Stdout | Stderr | Heartbeat)* ─▶ │
//!          │ Exit ───────────────────────────▶ │
//!          │ ◀──────────────────────── Goodbye │   then power off
//! ```

#![forbid(unsafe_code)]

mod frame;
mod message;

pub use frame::{read, write, WireError, MAX_DATA, MAX_STRUCTURED};
pub use message::{Exit, Heartbeat, Hello, Job, Message, Modules, Note};

/// The protocol's version; a host refuses a guest that speaks another.
pub const VERSION: u32 = 3;

/// The name of the virtio-serial port, as `/sys/class/virtio-ports/*/name` shows it.
pub const PORT: &str = "slowpath.control";

/// The kernel command-line word that carries the nonce of a run: `slowpath.nonce=…`.
pub const NONCE_WORD: &str = "slowpath.nonce";
