// SPDX-License-Identifier: GPL-2.0

//! Sockets and the loopback device.
//!
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", 2010, and Piggin, "Scaling the Linux
//! VFS", 2009: each socket has an inode and a dentry, which went through the inode lock and the dcache lock,
//! though no path leads to them (`socket`); Apache accepts all connections from one socket, and a listening
//! socket for each core is the way around it (`tcp_connect`).
//! Kleen and Chen, "Linux kernel scaling", 2011: memcached answers requests of some bytes by UDP; the costs were
//! the route's reference count and the device's queue (`udp_echo`).

use std::{
    io,
    net::{TcpListener, TcpStream, UdpSocket},
    time::Duration,
};

use anyhow::{Context, Result};
use rustix::net::{socket, sockopt::set_socket_linger, AddressFamily, SocketType};

use crate::load::{repeat, Place, Work};

const LOOPBACK: &str = "cannot bind to loopback. Try: ip link set lo up";

loads! {
    /// make and close a UDP socket: inode numbers, dentry and inode lists, mount count
    socket => |_| repeat(|| socket(AddressFamily::INET, SocketType::DGRAM, None));
    /// send a datagram to one's own socket on loopback and receive it: route counts, packet memory
    udp_echo => udp_echo;
    /// connect to one's own listening socket on loopback, accept, close: port and connection tables
    tcp_connect => tcp_connect;
}

pub fn udp_socket() -> Result<UdpSocket> {
    UdpSocket::bind("127.0.0.1:0").context(LOOPBACK)
}

pub fn tcp_listener() -> Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").context(LOOPBACK)
}

/// Closes with a reset, which leaves nothing behind that would use up ports within seconds.
pub fn reset_on_close(socket: &TcpStream) -> rustix::io::Result<()> {
    set_socket_linger(socket, Some(Duration::ZERO))
}

fn udp_echo(_: &Place<'_>) -> Result<Box<dyn Work>> {
    let socket = udp_socket()?;
    socket.connect(socket.local_addr()?)?;
    let mut data = [0; 64];
    repeat(move || {
        socket.send(&data)?;
        socket.recv(&mut data)
    })
}

fn tcp_connect(_: &Place<'_>) -> Result<Box<dyn Work>> {
    let listener = tcp_listener()?;
    let address = listener.local_addr()?;
    repeat(move || -> io::Result<()> {
        let client = TcpStream::connect(address)?;
        let server = listener.accept()?;
        reset_on_close(&client)?;
        // The client first, so that the reset is sent.
        drop(client);
        drop(server);
        Ok(())
    })
}
