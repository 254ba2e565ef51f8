// SPDX-License-Identifier: GPL-2.0

//! Protocol between the guest's first process and its host, over one virtio-serial port.
//!
//! A frame is a type byte, a length (`u32`, little endian) and that many bytes. Streams travel as raw bytes,
//! everything else as JSON. A reader checks every length against [`MAX_DATA`] or [`MAX_STRUCTURED`].
//!
//! ```text
//!        guest                                host
//!          │ Hello ──────────────────────────▶ │   before anything slow
//!          │ ◀───────────────────────────── Run │
//!          │ Note* ──────────────────────────▶ │   modules
//!          │ Note::Barrier ──────────────────▶ │   before the command, and whenever it asks
//!          │ ◀───────────────────────── Release │
//!          │ ◀────────────── Stdin* StdinEnd   │   after the first release
//!          │ Note::Started ──────────────────▶ │
//!          │ (Stdout | Stderr | Heartbeat)* ─▶ │
//!          │ Exit ───────────────────────────▶ │
//!          │ ◀──────────────────────── Goodbye │   then power off
//! ```

#![forbid(unsafe_code)]

mod frame;
mod message;

use std::time::Duration;

pub use frame::{read, write, WireError, MAX_DATA, MAX_STRUCTURED};
pub use message::{Exit, Hello, Message, Modules, Note, RunRequest};

/// The protocol's version; a host refuses a guest of another.
pub const VERSION: u32 = 5;

/// The name of the virtio-serial port, as `/sys/class/virtio-ports/*/name` shows it.
pub const PORT: &str = "slowpath.control";

/// The kernel command-line word that carries the nonce of a run: `slowpath.nonce=…`.
pub const NONCE_WORD: &str = "slowpath.nonce";

/// What the guest's kernel logs under Xen.
pub const XEN_DETECTED: &str = "Hypervisor detected: Xen";

/// How often the guest sends [`Message::Heartbeat`].
pub const HEARTBEAT_PERIOD: Duration = Duration::from_secs(1);
