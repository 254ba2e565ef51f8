// SPDX-License-Identifier: GPL-2.0

//! Loopback device: the kernel leaves it down, and 127.0.0.1 needs it up.

use std::io;

use anyhow::{bail, Context, Result};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{recv, sendto, socket, AddressFamily, RecvFlags, SendFlags, SocketType};

/// From `linux/rtnetlink.h`, `linux/netlink.h` and `linux/if.h`.
const RTM_NEWLINK: u16 = 16;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST_AND_ACK: u16 = 1 | 4;
const IFF_UP: u32 = 1;

/// The first device of every network namespace.
const LO: i32 = 1;

/// Bytes of `struct nlmsghdr`, and of that with a `struct ifinfomsg` behind it.
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
    sendto(&socket, &request(), SendFlags::empty(), &kernel).context("sending RTM_NEWLINK")?;
    let mut answer = [0; 512];
    let (got, _) = recv(&socket, &mut answer[..], RecvFlags::empty()).context("no answer")?;
    match error_code(&answer[..got]) {
        Some(0) => Ok(()),
        Some(error) => Err(io::Error::from_raw_os_error(-error)).context("refused"),
        None => bail!("{got} bytes that are no acknowledgement"),
    }
}

/// `RTM_NEWLINK` of `lo` with `IFF_UP`, with a request for an acknowledgement.
fn request() -> [u8; REQUEST] {
    let mut bytes = [0; REQUEST];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, &(REQUEST as u32).to_ne_bytes());
    put(4, &RTM_NEWLINK.to_ne_bytes());
    put(6, &NLM_F_REQUEST_AND_ACK.to_ne_bytes());
    put(HEADER + 4, &LO.to_ne_bytes());
    put(HEADER + 8, &IFF_UP.to_ne_bytes()); // the flags …
    put(HEADER + 12, &IFF_UP.to_ne_bytes()); // … and which of them are meant
    bytes
}

/// The error code of an acknowledgement, 0 for success.
fn error_code(answer: &[u8]) -> Option<i32> {
    let kind = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
    let error = i32::from_ne_bytes(answer.get(HEADER..HEADER + 4)?.try_into().ok()?);
    (kind == NLMSG_ERROR).then_some(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_code_is_read_from_an_acknowledgement() {
        let mut answer = [0; 36];
        assert_eq!(error_code(&answer), None, "another kind of message");
        answer[4..6].copy_from_slice(&NLMSG_ERROR.to_ne_bytes());
        assert_eq!(error_code(&answer), Some(0));
        answer[HEADER..HEADER + 4].copy_from_slice(&(-1i32).to_ne_bytes());
        assert_eq!(error_code(&answer), Some(-1));
        assert_eq!(error_code(&answer[..HEADER]), None, "cut short");
    }

    #[test]
    fn request_has_its_own_length_and_names_lo() {
        let bytes = request();
        assert_eq!(bytes[..4], 32u32.to_ne_bytes());
        assert_eq!(bytes[20..24], LO.to_ne_bytes());
        assert_eq!(bytes[24..28], bytes[28..32], "IFF_UP, and nothing else");
    }
}
