// SPDX-License-Identifier: GPL-2.0

//! Mail server: connect, fork for the connection, fork for the delivery, spool, deliver, log.
//!
//! A stand-in for Exim of MOSBENCH, the workload of Kleen and Chen, "Linux kernel scaling", 2011.
//! One operation is one message of 20 bytes.

#![expect(unsafe_code, reason = "a child of a fork may only make system calls")]

use std::{ffi::CString, net::TcpStream, os::unix::ffi::OsStrExt, path::Path};

use anyhow::{ensure, Context, Result};
use rustix::{
    fs::{open, unlink, Mode, OFlags},
    io::{read, write},
};

use super::sockets::{reset_on_close, tcp_listener};
use crate::{
    load::{repeat, Place, Work},
    sys,
};

// A listening socket and a mailbox per worker; one log and one spool folder for all.
loads! {
    /// a message through connect, accept, two forks, spool, mailbox and log, as a mail server does it
    mail => prepare;
}

const MESSAGE: &[u8; 20] = b"twenty bytes of mail";

/// Paths of a message, made before the fork: a child must not allocate.
struct Paths {
    spool: CString,
    mailbox: CString,
    log: CString,
}

fn prepare(place: &Place<'_>) -> Result<Box<dyn Work>> {
    let paths = Paths {
        spool: path(&place.shared.join(format!("spool{}", place.worker)))?,
        mailbox: path(&place.own.join("mailbox"))?,
        log: path(&place.shared.join("log"))?,
    };
    let listener = tcp_listener()?;
    let address = listener.local_addr()?;
    repeat(move || {
        let client = TcpStream::connect(address)?;
        let (server, _) = listener.accept()?;
        reset_on_close(&client)?;
        write(&client, MESSAGE)?;
        // SAFETY: `deliver` and the second fork make system calls only.
        let delivered =
            unsafe { sys::in_child(|| sys::in_child(|| deliver(&server, &paths).is_ok())) };
        ensure!(delivered, "the message was not delivered");
        Ok(())
    })
}

fn path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).context("a path with a NUL")
}

/// Reads the message, spools it, appends it to the mailbox, logs it, and unlinks the spool file.
fn deliver(from: &TcpStream, paths: &Paths) -> rustix::io::Result<()> {
    let (mode, append) = (
        Mode::RUSR | Mode::WUSR,
        OFlags::CREATE | OFlags::WRONLY | OFlags::APPEND,
    );
    let mut message = [0; MESSAGE.len()];
    let length = read(from, &mut message)?;
    let message = message.get(..length).unwrap_or_default();
    write(open(&*paths.spool, append, mode)?, message)?;
    write(open(&*paths.mailbox, append, mode)?, message)?;
    write(open(&*paths.log, append, mode)?, b"delivered\n")?;
    unlink(&*paths.spool)
}
