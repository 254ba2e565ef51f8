// SPDX-License-Identifier: GPL-2.0

//! A TCP connection over loopback: connect, accept, close.
//!
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", 2010: Apache accepts all
//! connections from one socket; a listening socket for each core is the way around it.

use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};
use rustix::net::sockopt::set_socket_linger;

use crate::load::{work, Load, Place, Work};

/// A listening socket each.
pub const TCP_CONNECT: Load = Load {
    name: "tcp_connect",
    about: "connect to one's own listening socket on loopback, accept, close: port and connection tables",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    let listener =
        TcpListener::bind("127.0.0.1:0").context("no loopback? try: ip link set lo up")?;
    let here = listener.local_addr()?;
    work(move || {
        let one = TcpStream::connect(here)?;
        let (other, _) = listener.accept()?;
        // A reset leaves nothing behind that would use up ports within seconds.
        set_socket_linger(&one, Some(std::time::Duration::ZERO))?;
        drop(one);
        drop(other);
        Ok(())
    })
}
