// SPDX-License-Identifier: GPL-2.0

//! The files of a bench.

use core::fmt::Write;

use abi::{
    status,
    Abi,
    SCHEMA, //
};
use kernel::{
    prelude::*,
    str::CStr,
    sync::Arc, //
};

use super::{
    desk::Desk,
    Bench, //
};
use crate::{
    control::{
        Endpoint,
        Folder,
        Written, //
    },
    cpu,
    Line,
    Load,
    Refused,
    Text, //
};

/// Creates the directory.
pub(super) fn folder<L: Load>(bench: Arc<Bench<L>>) -> Result<Folder<Bench<L>>> {
    Folder::new(L::NAME, bench)?
        .with::<Config>()?
        .with::<Run>()?
        .with::<Status>()?
        .with::<Now>()?
        .with::<Report>()?
        .with::<Reset>()?
        .with::<Schema>()?
        .with_tallies(|bench| bench.load.tallies())
}

impl<L: Load> Bench<L> {
    /// Lets `act` take what was written to `file`, and remembers why it did not.
    fn take(
        &self,
        file: &str,
        text: Written<'_>,
        act: impl FnOnce(&mut Desk<L>, &str) -> Result<(), Refused>,
    ) -> Result {
        let mut desk = self.desk.lock();
        match text.and_then(|text| act(&mut desk, text)) {
            Ok(()) => {
                desk.error = Line::new();
                Ok(())
            }
            Err(refused) => {
                let (errno, why) = (refused.errno, refused.why());
                desk.error = Line::say(format_args!("{errno:?} {file}: {why}"));
                Err(errno)
            }
        }
    }
}

/// Refuses `word`, saying what is allowed.
fn only(word: &str, allowed: &str) -> Result<(), Refused> {
    Err(Refused::new(
        EINVAL,
        format_args!("`{word}`: not a word of this file; allowed: {allowed}"),
    ))
}

fn told(written: core::fmt::Result) -> Result {
    written.map_err(|_| ENOMEM)
}

struct Config;
struct Run;
struct Status;
struct Now;
struct Report;
struct Reset;
struct Schema;

impl<L: Load> Endpoint<Bench<L>> for Config {
    const NAME: &'static CStr = c"config";
    const MODE: u16 = 0o600;

    fn show(on: &Bench<L>, to: &mut Text) -> Result {
        let config = on.desk.lock().config;
        told(L::show(&config, &cpu::limits(), to))
    }

    fn store(on: &Bench<L>, text: Written<'_>) -> Result {
        on.take("config", text, |desk, text| desk.set(text))
    }
}

impl<L: Load> Endpoint<Bench<L>> for Run {
    const NAME: &'static CStr = c"run";
    const MODE: u16 = 0o600;

    fn show(on: &Bench<L>, to: &mut Text) -> Result {
        let state = on.desk.lock().status().state;
        told(writeln!(to, "{state}"))
    }

    fn store(on: &Bench<L>, text: Written<'_>) -> Result {
        on.take("run", text, |desk, text| match text {
            "start" => {
                desk.start(&on.load)?;
                on.work.notify_all();
                Ok(())
            }
            "stop" => {
                desk.stop();
                Ok(())
            }
            _ => only(text, "start stop"),
        })
    }
}

impl<L: Load> Endpoint<Bench<L>> for Status {
    const NAME: &'static CStr = c"status";
    const MODE: u16 = 0o400;

    fn show(on: &Bench<L>, to: &mut Text) -> Result {
        let desk = on.desk.lock();
        let error = desk.error.as_str();
        told(writeln!(to, "{}\n{}{error}", desk.status(), status::ERROR))
    }
}

impl<L: Load> Endpoint<Bench<L>> for Now {
    const NAME: &'static CStr = c"now";
    const MODE: u16 = 0o400;

    fn show(on: &Bench<L>, to: &mut Text) -> Result {
        told(on.desk.lock().now(to))
    }
}

impl<L: Load> Endpoint<Bench<L>> for Report {
    const NAME: &'static CStr = c"report";
    const MODE: u16 = 0o400;

    fn show(on: &Bench<L>, to: &mut Text) -> Result {
        to.push(on.desk.lock().report.as_bytes())
    }

    fn edition(on: &Bench<L>) -> u32 {
        on.desk.lock().edition
    }
}

impl<L: Load> Endpoint<Bench<L>> for Reset {
    const NAME: &'static CStr = c"reset";
    const MODE: u16 = 0o200;

    fn store(on: &Bench<L>, text: Written<'_>) -> Result {
        on.take("reset", text, |desk, text| match text {
            "1" => {
                desk.reset()?;
                on.load.tallies().inspect(|tallies| tallies.clear());
                Ok(())
            }
            _ => only(text, "1"),
        })
    }
}

impl<L: Load> Endpoint<Bench<L>> for Schema {
    const NAME: &'static CStr = c"abi";
    const MODE: u16 = 0o400;

    fn show(_: &Bench<L>, to: &mut Text) -> Result {
        told(writeln!(to, "{}", Abi { schema: SCHEMA }))
    }
}
