// SPDX-License-Identifier: GPL-2.0

//! Marks in the log of a machine: steps of a thread.

/// It comes to the lock.
pub const COMES: u32 = 0;
/// The first step of its section.
pub const ENTERS: u32 = 1;
/// The last.
pub const LEAVES: u32 = 2;
