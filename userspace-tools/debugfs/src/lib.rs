// SPDX-License-Identifier: GPL-2.0

//! Control files of the modules, and the command line that every module's tool has.
//!
//! [`Dir`] reads and writes the files of one module; [`Module`] runs a load through them and
//! returns its report, of a type in [`results`]; [`tool`] puts a command line around both.

#![forbid(unsafe_code)]

mod dir;
mod error;
mod interrupt;
pub mod kernel_module;
mod module;
pub mod tool;

pub use self::{
    dir::Dir,
    error::{Error, Result},
    interrupt::Interrupt,
    module::Module,
};

/// The default mount point of debugfs.
pub const ROOT: &str = "/sys/kernel/debug";
