// SPDX-License-Identifier: GPL-2.0

//! Policy of the guest's first process: time limits and sizes. The heartbeat's period is [`wire::HEARTBEAT_PERIOD`].

use std::time::Duration;

/// How long the virtio-serial port may take to appear.
pub const PORT_APPEARANCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
pub const PORT_POLL_PERIOD: Duration = Duration::from_millis(2);
/// How long the command's streams may take to end after every process that could write to them was killed.
pub const STREAM_END: Duration = Duration::from_secs(10);
/// How long the kernel may take to power off.
pub const POWER_OFF: Duration = Duration::from_secs(5);
/// Pieces of input that wait for the command; what comes after them, a release too, is not read before the
/// command takes some.
pub const INPUT_PIECES: usize = 1024;
/// Lines of the kernel log that explain a refused module.
pub const LOG_LINES: usize = 12;
