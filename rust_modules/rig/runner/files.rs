// SPDX-License-Identifier: GPL-2.0

//! Control files of a runner.

use core::fmt::Write;

use abi::{
    status,
    Abi,
    SCHEMA, //
};

use super::{
    shared::RunnerShared,
    state::{
        Request,
        RunState, //
    }, //
};
use crate::{
    cpu,
    folder::{
        Endpoint,
        Folder,
        Written, //
    },
    prelude::*,
    ErrorText,
    Load, //
};

/// Creates the directory.
pub(super) fn folder<L: Load>(shared: Arc<RunnerShared<L>>) -> Result<Folder<RunnerShared<L>>> {
    Folder::new(L::NAME, shared)?
        .with::<Config>()?
        .with::<Run>()?
        .with::<Status>()?
        .with::<Now>()?
        .with::<Report>()?
        .with::<Reset>()?
        .with::<Schema>()?
        .with_event_files(|shared| shared.load.event_files())
}

impl<L: Load> RunnerShared<L> {
    /// Calls `act` with what was written to `file`, and keeps the reason if it refuses.
    fn take(
        &self,
        file: &str,
        text: Written<'_>,
        act: impl FnOnce(&mut RunState<L>, &str) -> Result<(), Refused>,
    ) -> Result {
        let mut state = self.state.lock();
        let taken = text.and_then(|text| act(&mut state, text));
        state.note(file, taken)
    }

    /// Prepares a run and requests it of the control thread. The run state is not locked while
    /// that lasts, so that all files answer and `stop` ends it.
    fn start(&self) -> Result<(), Refused> {
        let preparation = Preparation(StopFlag::new()?);
        let config = self.state.lock().begin(preparation.0.clone())?;
        let prepared = match Request::prepare(&self.load, &config, &preparation) {
            _ if !preparation.is_wanted() => Err(Refused::new(
                ECANCELED,
                format_args!("`start`: the run was stopped while it was being prepared"),
            )),
            prepared => prepared,
        };
        // What was prepared in vain is freed by now.
        let mut state = self.state.lock();
        match prepared {
            Ok(prepared) => state.request(prepared, &config),
            Err(refused) => {
                state.abandon();
                return Err(refused);
            }
        }
        self.work.notify_all();
        Ok(())
    }
}

impl<L: Load> RunState<L> {
    /// Keeps the reason if a write to `file` was refused; returns the errno for the writer.
    fn note(&mut self, file: &str, taken: Result<(), Refused>) -> Result {
        match taken {
            Ok(()) => {
                self.error = ErrorText::NONE;
                Ok(())
            }
            Err(refused) => {
                self.error = refused.error(file);
                Err(refused.errno)
            }
        }
    }
}

/// Refuses `word`, and names what is allowed.
fn only(word: &str, allowed: &str) -> Result<(), Refused> {
    Err(Refused::new(
        EINVAL,
        format_args!("`{word}`: not a word of this file; allowed: {allowed}"),
    ))
}

/// Maps the error of a write to a [`Text`].
fn shown(written: core::fmt::Result) -> Result {
    written.map_err(|_| ENOMEM)
}

struct Config;
struct Run;
struct Status;
struct Now;
struct Report;
struct Reset;
struct Schema;

impl<L: Load> Endpoint<RunnerShared<L>> for Config {
    const NAME: &'static CStr = c"config";
    const MODE: u16 = 0o600;

    fn show(on: &RunnerShared<L>, to: &mut Text) -> Result {
        let config = on.state.lock().config;
        shown(L::show(&config, &cpu::limits(), to))
    }

    fn store(on: &RunnerShared<L>, text: Written<'_>) -> Result {
        on.take("config", text, |state, text| state.set(text))
    }
}

impl<L: Load> Endpoint<RunnerShared<L>> for Run {
    const NAME: &'static CStr = c"run";
    const MODE: u16 = 0o600;

    fn show(on: &RunnerShared<L>, to: &mut Text) -> Result {
        let state = on.state.lock().status().state;
        shown(writeln!(to, "{state}"))
    }

    fn store(on: &RunnerShared<L>, text: Written<'_>) -> Result {
        if let Ok("start") = text {
            let started = on.start();
            return on.state.lock().note("run", started);
        }
        on.take("run", text, |state, text| match text {
            "stop" => {
                state.stop();
                Ok(())
            }
            _ => only(text, "start stop"),
        })
    }
}

impl<L: Load> Endpoint<RunnerShared<L>> for Status {
    const NAME: &'static CStr = c"status";
    const MODE: u16 = 0o400;

    fn show(on: &RunnerShared<L>, to: &mut Text) -> Result {
        let state = on.state.lock();
        let error = state.error.as_str();
        shown(writeln!(to, "{}\n{}{error}", state.status(), status::ERROR))?;
        shown(on.load.about_machine(to))
    }
}

impl<L: Load> Endpoint<RunnerShared<L>> for Now {
    const NAME: &'static CStr = c"now";
    const MODE: u16 = 0o400;

    fn show(on: &RunnerShared<L>, to: &mut Text) -> Result {
        shown(on.state.lock().now(to))
    }
}

impl<L: Load> Endpoint<RunnerShared<L>> for Report {
    const NAME: &'static CStr = c"report";
    const MODE: u16 = 0o400;

    fn show(on: &RunnerShared<L>, to: &mut Text) -> Result {
        to.push(on.state.lock().report.as_bytes())
    }
}

impl<L: Load> Endpoint<RunnerShared<L>> for Reset {
    const NAME: &'static CStr = c"reset";
    const MODE: u16 = 0o200;

    fn store(on: &RunnerShared<L>, text: Written<'_>) -> Result {
        on.take("reset", text, |state, text| match text {
            "1" => {
                state.reset()?;
                on.load
                    .event_files()
                    .inspect(|event_files| event_files.clear());
                Ok(())
            }
            _ => only(text, "1"),
        })
    }
}

impl<L: Load> Endpoint<RunnerShared<L>> for Schema {
    const NAME: &'static CStr = c"abi";
    const MODE: u16 = 0o400;

    fn show(_: &RunnerShared<L>, to: &mut Text) -> Result {
        shown(writeln!(to, "{}", Abi { schema: SCHEMA }))
    }
}
