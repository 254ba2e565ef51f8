// SPDX-License-Identifier: GPL-2.0

//! Running QEMU: its process, its QMP monitor, the virtio-serial channel. Each sends events to the monitor.

pub mod channel;
pub mod event;
pub mod process;
pub mod qmp;
pub mod socket_dir;
