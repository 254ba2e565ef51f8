// SPDX-License-Identifier: GPL-2.0

//! A module's directory of control files, typed, and the tool that every module has.
//!
//! [`Dir`] reads and writes the files, [`Module`] runs a load through them, a [`Report`] is what
//! came of it and an [`Outcome`] whether that is as it must be; [`tool`] puts a command line
//! around them.

#![forbid(unsafe_code)]

mod dir;
mod error;
pub mod histogram;
mod interrupt;
pub mod kernel_module;
mod module;
mod outcome;
mod record;
mod report;
mod settings;
pub mod stats;
pub mod tool;

pub use self::{
    dir::Dir,
    error::{Error, Result},
    interrupt::Interrupt,
    module::Module,
    outcome::Outcome,
    record::{Failure, Record},
    report::{Bottleneck, Event, Finding, JobRunner, LockLoad, Report, SloppyCounter},
    settings::{pairs, vcpus, Settings},
};

/// Where debugfs is mounted, unless a tool is told otherwise.
pub const ROOT: &str = "/sys/kernel/debug";
