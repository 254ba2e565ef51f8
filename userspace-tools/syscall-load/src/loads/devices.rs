// SPDX-License-Identifier: GPL-2.0

//! Devices of modules that a guest loads first: a block device that takes its time, and a network device with
//! neighbours.
//!
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", 2010: what does not scale is hidden in
//! many applications by the delays of input and output (`open_close_device`).
//! Kleen and Chen, "Linux kernel scaling", 2011: each message of memcached took and gave back the reference count
//! of the neighbour that it was sent to (`udp_neighbour`).

use std::{
    fs::{self, File, OpenOptions},
    net::UdpSocket,
    os::unix::fs::OpenOptionsExt,
};

use anyhow::{Context, Result};
use rustix::{
    fs::{openat, Mode, OFlags, CWD},
    io::pread,
};

use crate::load::{repeat, Place, Work};

// Not among `all`: they need what a guest does not have by itself.
loads! {
    /// open and close as open_close, then read a block of /dev/nullb0, past the page cache (insmod null_blk.ko)
    open_close_device => open_close_device;
    /// send a datagram to 192.0.2.2, a neighbour without a route of the socket (insmod dummy.ko)
    udp_neighbour => udp_neighbour;
}

const DEVICE: &str = "/dev/nullb0";
const BLOCK: usize = 4096;

/// A block in memory, aligned as a read past the page cache needs it.
#[repr(align(4096))]
struct Block([u8; BLOCK]);

fn open_close_device(place: &Place<'_>) -> Result<Box<dyn Work>> {
    let path = place.shared.join(format!("f{}", place.worker));
    fs::write(&path, "")?;
    let device = slow_device()?;
    let mut block = Box::new(Block([0; BLOCK]));
    repeat(move || {
        drop(openat(CWD, &path, OFlags::RDWR, Mode::empty())?);
        pread(&device, &mut block.0[..], 0)
    })
}

fn slow_device() -> Result<File> {
    let direct = OFlags::DIRECT.bits() as i32;
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(direct).open(DEVICE);
    file.with_context(|| {
        format!("cannot open {DEVICE}. Try: insmod null_blk.ko irqmode=2 completion_nsec=1000000, after configfs.ko")
    })
}

fn udp_neighbour(_: &Place<'_>) -> Result<Box<dyn Work>> {
    let socket = UdpSocket::bind("192.0.2.1:0").context(
        "cannot bind to 192.0.2.1. Try: insmod dummy.ko; ip addr add 192.0.2.1/24 dev dummy0; ip link set dummy0 up",
    )?;
    let data = [0; 64];
    repeat(move || socket.send_to(&data, "192.0.2.2:9"))
}
