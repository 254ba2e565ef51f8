// SPDX-License-Identifier: GPL-2.0

//! First process of a guest: mounts, sends the hello, loads modules, runs one command, powers off.

#![forbid(unsafe_code)]

mod barrier;
mod channel;
mod command;
mod fpu;
mod host_input;
mod kernel_log;
mod limits;
mod loopback;
mod modules;
mod mounts;
mod power;
mod vcpus;

use std::ffi::OsStr;
use std::panic;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{bail, Context, Result};
use wire::{Exit, Message, Note, RunRequest};

use crate::barrier::Barrier;
use crate::channel::Channel;
use crate::host_input::HostInput;
use crate::limits::LOG_LINES;

/// Exit status of a command that did not run because a module was refused.
const MODULE_REFUSED: i32 = 125;

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let name = arguments.next().unwrap_or_default();
    match Path::new(&name).file_name().and_then(OsStr::to_str) {
        Some(barrier::NAME) => return barrier::arrive(),
        Some(fpu::NAME) => return fpu::check(arguments.next()),
        _ => {}
    }
    if !rustix::process::getpid().is_init() {
        eprintln!(
            "guest: the first process of a guest that `vm run` boots; it powers the machine off when its \
             command ends, and does nothing anywhere else.\n\
             Example: vm run --vcpus 2 --cpus 0 -- uname -a"
        );
        return ExitCode::from(2);
    }
    panic::set_hook(Box::new(|what| {
        eprintln!("guest: the first process failed: {what}");
        power::off();
    }));
    if let Err(error) = serve() {
        eprintln!("guest: {error:#}");
    }
    power::off();
    ExitCode::FAILURE
}

fn serve() -> Result<()> {
    mounts::first().context("first mounts")?;
    vcpus::bring_online().context("vCPUs")?;
    let (channel, mut messages) = channel::open()?;
    channel.send(&Message::Hello(channel::hello()?))?;
    channel.start_heartbeat();
    mounts::rest().context("mounts")?;
    kernel_log::show_warnings().context("console log level")?;
    loopback::up().context("bringing the loopback device up")?;
    let request = match wire::read(&mut messages).context("waiting for the request")? {
        Message::Run(request) => request,
        other => bail!("the host sent {other:?} where a request was expected"),
    };
    let (input, released) = HostInput::new(messages);
    let barrier = Barrier::new(&channel, released);
    let (status, signal) = run(&channel, &request, &input, barrier)?;
    // If the command never ran, its input goes nowhere.
    input.forward_to(None);
    let nonce = request.nonce;
    channel.send(&Message::Exit(Exit {
        nonce,
        status,
        signal,
    }))?;
    input.wait_for_goodbye()
}

fn run(
    channel: &Channel,
    request: &RunRequest,
    input: &HostInput,
    barrier: Barrier,
) -> Result<command::Ending> {
    for name in modules::requested(&request.modules)? {
        let log = kernel_log::from_here().context("/dev/kmsg")?;
        if let Err(error) = modules::load(&name) {
            let (error, log) = (format!("{error:#}"), kernel_log::last(log, LOG_LINES));
            channel.send(&Message::Note(Note::ModuleFailed { name, error, log }))?;
            return Ok((Some(MODULE_REFUSED), None));
        }
        channel.send(&Message::Note(Note::ModuleLoaded(name)))?;
    }
    barrier.wait()?;
    barrier.serve()?;
    command::run(channel, request, input)
}
