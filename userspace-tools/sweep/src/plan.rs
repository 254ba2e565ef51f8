// SPDX-License-Identifier: GPL-2.0

//! Plan: from an experiment's file to guests, boots and runs.

mod alike;
mod cut;
mod draft;
pub mod experiment;
pub mod guest;
pub mod guests;
pub mod line;
#[cfg(test)]
mod parsers;
pub mod question;
mod read;
pub mod rule;
pub mod runs;
pub mod setting;
pub mod shard;
