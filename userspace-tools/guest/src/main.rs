// SPDX-License-Identifier: GPL-2.0

//! The guest's first process: mounts, says hello, loads modules, runs one command, powers off.

#![forbid(unsafe_code)]

mod barrier;
mod channel;
mod command;
mod input;
mod kernel_log;
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
use wire::{Exit, Job, Message, Note};

use crate::barrier::Barrier;
use crate::channel::Channel;
use crate::input::Input;

/// The status of a command that was not started because a module was refused.
const MODULE_REFUSED: i32 = 125;

fn main() -> ExitCode {
    let name = std::env::args().next().unwrap_or_default();
    if Path::new(&name).file_name() == Some(OsStr::new(barrier::NAME)) {
        return barrier::arrive();
    }
    if !rustix::process::getpid().is_init() {
        eprintln!(
            "guest: this is the first process of a guest that `vm run` boots; it powers the \
             machine off when its command ends and does nothing anywhere else.\n\
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

/// One life: from the first mount to the last message.
fn serve() -> Result<()> {
    mounts::first().context("first mounts")?;
    vcpus::bring_online().context("vCPUs")?;
    let (channel, mut messages) = channel::open()?;
    channel.send(&Message::Hello(channel::hello()?))?;
    channel.keep_beating();
    mounts::rest().context("mounts")?;
    kernel_log::show_warnings().context("console log level")?;
    loopback::up().context("bringing the loopback device up")?;
    let job = match wire::read(&mut messages).context("waiting for the job")? {
        Message::Job(job) => job,
        other => bail!("the host sent {other:?} where a job was expected"),
    };
    let (input, released) = Input::new(messages);
    let barrier = Barrier::new(&channel, released);
    let (status, signal) = run(&channel, &job, &input, barrier)?;
    // If the command never ran, its input goes nowhere.
    input.goes_to(None);
    let nonce = job.nonce;
    channel.send(&Message::Exit(Exit {
        nonce,
        status,
        signal,
    }))?;
    input.goodbye()
}

/// Loads the modules, then runs the command.
fn run(channel: &Channel, job: &Job, input: &Input, barrier: Barrier) -> Result<command::Ending> {
    for name in modules::wanted(&job.modules)? {
        let note = match modules::load(&name) {
            Ok(()) => Note::ModuleLoaded { name },
            Err(error) => {
                let error = format!("{error:#}");
                Note::ModuleFailed {
                    name,
                    error,
                    log: kernel_log::last(12),
                }
            }
        };
        let refused = matches!(note, Note::ModuleFailed { .. });
        channel.send(&Message::Note(note))?;
        if refused {
            return Ok((Some(MODULE_REFUSED), None));
        }
    }
    if job.barrier {
        barrier.wait()?;
    }
    barrier.serve()?;
    command::run(channel, job, input)
}
