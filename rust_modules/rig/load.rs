// SPDX-License-Identifier: GPL-2.0

//! What a module adds to the [bench](crate::Runner): a kind of run.

use core::fmt;

use abi::{
    Limits,
    Refusal, //
};
use kernel::str::CStr;

use crate::{
    Control,
    EventFiles,
    Padded,
    Placement,
    Refused,
    Text,
    Worker, //
};

/// A kind of run: how it is prepared, what each thread does in it, and what is told of it.
pub trait Load: Send + Sync + Sized + 'static {
    /// The settings, one of those in `abi`.
    type Config: Copy + Default + fmt::Display + Send + Unpin;
    /// What the threads of one run share.
    type Run: Send + Sync;

    /// The name of the debugfs directory.
    const NAME: &'static CStr;
    /// How long the threads may take to line up before one of them calls
    /// [`Worker::start_clock`]; 0 if they do not.
    const START_TIMEOUT_MS: u32 = 0;

    /// Takes over settings, as `set` of the settings in `abi` does.
    fn set<'a>(
        config: &mut Self::Config,
        text: &'a str,
        limits: &Limits,
        running: bool,
    ) -> Result<(), Refusal<'a>>;

    /// Shows the settings, as `show` of the settings in `abi` does.
    fn show(config: &Self::Config, limits: &Limits, to: &mut Text) -> fmt::Result;

    /// Returns after how many milliseconds the threads are told to stop.
    fn length_ms(config: &Self::Config) -> u32;

    /// Makes all that a run needs. Nothing is allocated later.
    fn prepare(&self, config: &Self::Config, limits: &Limits) -> Result<Self::Run, Refused>;

    /// Returns how many threads the run wants.
    fn threads(run: &Self::Run) -> u32;

    /// Does the work of one thread, until it is done or the worker's alarm has rung.
    fn work(run: &Self::Run, worker: &Worker<'_>);

    /// Goes along with the run from outside, until the alarm has rung; whoever waits for the run
    /// waits for this. An error is told in `status`.
    fn control(run: &Self::Run, control: &Control<'_>) -> Result<(), Refused> {
        let _ = (run, control);
        Ok(())
    }

    /// Returns how many bytes the report of a run may have; they are set aside before it begins.
    fn report_bytes(run: &Self::Run) -> usize {
        2048usize.saturating_add((Self::threads(run) as usize).saturating_mul(256))
    }

    /// Returns what is to be shown in files of its own besides the report; `report` sets it.
    fn event_files(&self) -> Option<&EventFiles> {
        None
    }

    /// Takes over live settings during a run.
    fn change(run: &Self::Run, config: &Self::Config) {
        let _ = (run, config);
    }

    /// Tells how things stand in a run that is under way, for the file `now`.
    fn now(run: &Self::Run, to: &mut Text) -> fmt::Result {
        let _ = (run, to);
        Ok(())
    }

    /// Tells what a run came to.
    fn report(&self, ended: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result;
}

/// A run that all threads have left.
pub struct FinishedRun<'a, L: Load> {
    /// Its number.
    pub number: u64,
    /// The settings that it began with, with live ones as they were last.
    pub config: &'a L::Config,
    /// What the threads shared.
    pub run: &'a L::Run,
    /// From the opening of the gate, or when the clock was started anew, until the last thread left,
    /// in nanoseconds.
    pub elapsed_ns: u64,
    /// Whether the threads were told to stop before all had left.
    pub stopped_early: bool,
    /// Where the threads were.
    pub placements: &'a [Padded<Placement>],
}

/// Implements [`Load::Config`], [`Load::set`] and [`Load::show`] by the settings in `abi`.
#[macro_export]
macro_rules! settings {
    ($config:ty) => {
        type Config = $config;

        fn set<'a>(
            config: &mut Self::Config,
            text: &'a str,
            limits: &::abi::Limits,
            running: bool,
        ) -> ::core::result::Result<(), ::abi::Refusal<'a>> {
            config.set(text, limits, running)
        }

        fn show(
            config: &Self::Config,
            limits: &::abi::Limits,
            to: &mut $crate::Text,
        ) -> ::core::fmt::Result {
            ::core::fmt::Write::write_fmt(to, format_args!("{}", config.show(limits)))
        }
    };
}
