// SPDX-License-Identifier: GPL-2.0

//! Texts that modules and tools exchange through debugfs.
//!
//! The writer, which the module uses, and the parser, which the tool uses, stand side by side.
//! Everything is text: `config` holds one `key=value  # allowed` per line, `report` one
//! `word key=value …` per line.

#![cfg_attr(not(MODULE), no_std)]

#[cfg(feature = "serde")]
extern crate alloc;

#[macro_use]
mod choice;
#[macro_use]
mod line;
#[macro_use]
mod setting;
#[cfg(feature = "serde")]
#[macro_use]
mod text;

pub mod bottleneck;
mod errno;
pub mod event;
pub mod histogram;
pub mod job_runner;
pub mod lock_load;
pub mod primitive;
pub mod sloppy_counter;
pub mod status;
mod switch;
pub mod trial;

pub use self::{
    errno::Errno,
    line::{
        Line,
        Malformed, //
    },
    setting::{
        Allowed,
        Limits,
        Refusal,
        Value,
        Why, //
    },
    switch::Switch, //
};

/// Version of everything in this crate; it rises whenever a reader of the old text would fail.
pub const SCHEMA: u32 = 6;

line! {
    /// The text of the file `abi`.
    Abi = "abi" {
        /// [`SCHEMA`] of the module that was loaded.
        schema: u32,
    }
}
