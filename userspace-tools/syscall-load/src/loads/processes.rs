// SPDX-License-Identifier: GPL-2.0

//! Processes and the scheduler.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: Exim forks for every connection, and again for every message;
//! parents and children shared one `anon_vma` lock (`fork_twice`).

use std::{
    fs::File,
    io::{self, Read, Write},
    thread,
};

use anyhow::Result;
use rustix::{pipe::pipe, thread::sched_yield};

use crate::{
    load::{repeat, Place, Work},
    sys,
};

loads! {
    /// fork a child that exits, and wait for it: process lists, anon_vma, page tables
    fork_exit => |_| repeat(|| sys::fork_chain(1));
    /// fork a child that forks a child, as a mail server delivers: the chain of anon_vmas
    fork_twice => |_| repeat(|| sys::fork_chain(2));
    /// yield the CPU: its run queue
    sched_yield => |_| repeat(|| {
        sched_yield();
        anyhow::Ok(())
    });
    /// a byte through a pipe to another thread of the same CPU and back: the scheduler, pipe locks
    context_switch => context_switch;
}

/// A thread that echoes, bound to the CPU of its worker, since threads inherit that.
fn context_switch(_: &Place<'_>) -> Result<Box<dyn Work>> {
    let (request_end, request) = pipe()?;
    let (reply_end, reply) = pipe()?;
    let (mut request, mut reply_end) = (File::from(request), File::from(reply_end));
    // It ends when the work is dropped and with it the writing end of its pipe.
    thread::spawn(move || echo(request_end.into(), reply.into()));
    let mut byte = [0];
    repeat(move || -> io::Result<()> {
        request.write_all(&byte)?;
        reply_end.read_exact(&mut byte)
    })
}

fn echo(mut from: File, mut to: File) {
    let mut byte = [0];
    while from.read_exact(&mut byte).is_ok() && to.write_all(&byte).is_ok() {}
}
