// SPDX-License-Identifier: GPL-2.0

//! A byte to a thread and back: two context switches if both are on one CPU.

use std::{
    fs::File,
    io::{Read, Write},
    thread,
};

use anyhow::Result;
use rustix::pipe::pipe;

use crate::load::{work, Load, Place, Work};

/// A thread that answers, bound to where its asker is, as threads inherit that.
pub const CONTEXT_SWITCH: Load = Load {
    name: "context_switch",
    about: "a byte through a pipe to another thread of the same CPU and back: the scheduler, pipe locks",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    let (asked, ask) = pipe()?;
    let (answered, answer) = pipe()?;
    let (mut ask, mut answered) = (File::from(ask), File::from(answered));
    // It ends when the work is dropped and with it the writing end of its pipe.
    thread::spawn(move || echo(asked.into(), answer.into()));
    let mut byte = [0];
    work(move || {
        ask.write_all(&byte)?;
        answered.read_exact(&mut byte)?;
        Ok(())
    })
}

fn echo(mut from: File, mut to: File) {
    let mut byte = [0];
    while from.read_exact(&mut byte).is_ok() && to.write_all(&byte).is_ok() {}
}
