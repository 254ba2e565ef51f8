// SPDX-License-Identifier: GPL-2.0

//! Loopback device: the kernel leaves it down, and 127.0.0.1 needs it up.

use std::fs;

use anyhow::{ensure, Context, Result};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{sendto, socket, AddressFamily, SendFlags, SocketType};

/// From `linux/rtnetlink.h`, `linux/netlink.h` and `linux/if.h`.
const RTM_NEWLINK: u16 = 16;
const NLM_F_REQUEST: u16 = 1;
const IFF_UP: u32 = 1;

/// The first device of every network namespace, and its flags in hexadecimal.
const LO: i32 = 1;
const LO_FLAGS: &str = "/sys/class/net/lo/flags";

/// Bytes of `struct nlmsghdr` with a `struct ifinfomsg` behind it.
const HEADER: usize = 16;
const REQUEST: usize = HEADER + 16;

/// Brings it up; the kernel then assigns its address. A kernel without networking has none.
pub fn up() -> Result<()> {
    // Protocol 0 of netlink is the one about links, addresses and routes.
    let socket = match socket(AddressFamily::NETLINK, SocketType::DGRAM, None) {
        Err(Errno::AFNOSUPPORT | Errno::NOSYS) => return Ok(()),
        other => other.context("a netlink socket")?,
    };
    let kernel = SocketAddrNetlink::new(0, 0);
    // The kernel handles the request before this returns.
    sendto(&socket, &request(), SendFlags::empty(), &kernel).context("sending RTM_NEWLINK")?;
    let flags = fs::read_to_string(LO_FLAGS).context(LO_FLAGS)?;
    let number =
        u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).context(LO_FLAGS)?;
    ensure!(number & IFF_UP != 0, "{LO_FLAGS} is {}", flags.trim());
    Ok(())
}

fn request() -> [u8; REQUEST] {
    let mut bytes = [0; REQUEST];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, &(REQUEST as u32).to_ne_bytes());
    put(4, &RTM_NEWLINK.to_ne_bytes());
    put(6, &NLM_F_REQUEST.to_ne_bytes());
    put(HEADER + 4, &LO.to_ne_bytes());
    put(HEADER + 8, &IFF_UP.to_ne_bytes()); // the flags …
    put(HEADER + 12, &IFF_UP.to_ne_bytes()); // … and which of them are meant
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_has_its_own_length_and_names_lo() {
        let bytes = request();
        assert_eq!(bytes[..4], 32u32.to_ne_bytes());
        assert_eq!(bytes[20..24], LO.to_ne_bytes());
        assert_eq!(bytes[24..28], bytes[28..32], "IFF_UP, and nothing else");
    }
}
