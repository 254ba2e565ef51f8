// SPDX-License-Identifier: GPL-2.0

//! Load: the part of a [runner](crate::Runner) that each module brings.

use core::fmt;

use abi::{
    Limits,
    Refusal, //
};

use crate::{
    prelude::*,
    Control,
    EventFiles,
    Placement, //
};

/// Load: how a run is prepared, what each thread does in it, and its report.
pub trait Load: Send + Sync + Sized + 'static {
    /// The settings, one of those in `abi`.
    type Config: Copy + Default + fmt::Display + Send + Unpin;
    /// What the threads of one run share.
    type Run: Send + Sync;

    /// The name of the debugfs directory.
    const NAME: &'static CStr;
    /// Time that the threads may wait for each other before one of them calls
    /// [`Worker::start_clock`]; 0 if none does.
    const START_TIMEOUT_MS: u32 = 0;

    /// Changes settings, by `set` of the settings in `abi`.
    fn set<'a>(
        config: &mut Self::Config,
        text: &'a str,
        limits: &Limits,
        running: bool,
    ) -> Result<(), Refusal<'a>>;

    /// Shows the settings, by `show` of the settings in `abi`.
    fn show(config: &Self::Config, limits: &Limits, to: &mut Text) -> fmt::Result;

    /// Returns after how many milliseconds the stop flag goes up.
    fn length_ms(config: &Self::Config) -> u32;

    /// Allocates all that a run needs; nothing is allocated later. The calling task wrote `start`.
    fn prepare(
        &self,
        config: &Self::Config,
        limits: &Limits,
        preparation: &Preparation,
    ) -> Result<Self::Run, Refused>;

    /// Writes lines on the machine, for the end of the file `status`.
    fn about_machine(&self, to: &mut Text) -> fmt::Result {
        let _ = to;
        Ok(())
    }

    /// Returns how many threads the run wants.
    fn threads(run: &Self::Run) -> u32;

    /// Runs the work of one thread, until it is done or the stop flag is up.
    fn work(run: &Self::Run, worker: &Worker<'_>);

    /// Runs on the control thread during a run, until the stop flag is up; the run does not end
    /// before this returns. An error is shown in `status`.
    fn control(run: &Self::Run, control: &Control<'_>) -> Result<(), Refused> {
        let _ = (run, control);
        Ok(())
    }

    /// Returns how many bytes the report of a run may have; they are allocated before it begins.
    fn report_bytes(run: &Self::Run) -> usize {
        2048usize.saturating_add((Self::threads(run) as usize).saturating_mul(256))
    }

    /// Returns the event counts that have files of their own; `report` sets them.
    fn event_files(&self) -> Option<&EventFiles> {
        None
    }

    /// Applies live settings during a run.
    fn change(run: &Self::Run, config: &Self::Config) {
        let _ = (run, config);
    }

    /// Writes the progress of a run under way, for the file `now`.
    fn now(run: &Self::Run, to: &mut Text) -> fmt::Result {
        let _ = (run, to);
        Ok(())
    }

    /// Writes the report of a run.
    fn report(&self, finished: &FinishedRun<'_, Self>, to: &mut Text) -> fmt::Result;
}

/// Finished run, which all threads have left.
pub struct FinishedRun<'a, L: Load> {
    /// Its number.
    pub number: u64,
    /// Settings that it began with, and live ones as of its end.
    pub config: &'a L::Config,
    /// What its threads shared.
    pub run: &'a L::Run,
    /// Time from the opening of the gate, or from the restart of the clock, until the last thread
    /// left, in nanoseconds.
    pub elapsed_ns: u64,
    /// Whether the stop flag went up before all threads had left.
    pub stopped_early: bool,
    /// Placement of each thread, in order of index.
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
