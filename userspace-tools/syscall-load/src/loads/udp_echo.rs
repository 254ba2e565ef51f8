// SPDX-License-Identifier: GPL-2.0

//! A datagram to oneself over loopback.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: memcached answers requests of some bytes by UDP;
//! what counted were the route's reference count and the device's queue.

use std::net::UdpSocket;

use anyhow::{Context, Result};

use crate::load::{work, Load, Place, Work};

/// A socket each.
pub const UDP_ECHO: Load = Load {
    name: "udp_echo",
    about: "send a datagram to one's own socket on loopback and receive it: route counts, packet memory",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    let socket = UdpSocket::bind("127.0.0.1:0").context("no loopback? try: ip link set lo up")?;
    socket.connect(socket.local_addr()?)?;
    let mut data = [0; 64];
    work(move || {
        socket.send(&data)?;
        socket.recv(&mut data)?;
        Ok(())
    })
}
