// SPDX-License-Identifier: GPL-2.0

//! Additional output forms of a run, each with its flag.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::definition::Tool;

/// The form chosen on the command line, if any.
pub struct Chosen<T>(Option<usize>, PhantomData<T>);

impl<T: Tool> Chosen<T> {
    /// Formats a run in the chosen form, or as the tool does.
    pub fn show(&self, report: &T::Report) -> String {
        match self.0.and_then(|i| T::forms().into_iter().nth(i)) {
            Some(form) => (form.show)(report),
            None => T::SHOW(report),
        }
    }
}

impl<T: Tool> Args for Chosen<T> {
    fn augment_args(command: Command) -> Command {
        command.args(T::forms().into_iter().map(|form| {
            Arg::new(form.name)
                .long(form.name)
                .help(form.help)
                .action(ArgAction::SetTrue)
                .conflicts_with("json")
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: Tool> FromArgMatches for Chosen<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let chosen = T::forms()
            .iter()
            .position(|form| matches.get_flag(form.name));
        Ok(Self(chosen, PhantomData))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
