// SPDX-License-Identifier: GPL-2.0

//! Flags for a module's settings, one for each key.

use std::{collections::BTreeMap, marker::PhantomData};

use clap::{error::ErrorKind, Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use results::{pairs, vcpus, Settings};

use super::definition::{ConfigOf, Tool};

/// Each flag takes one value.
pub const ONE: bool = false;
/// Each flag takes a list of values, separated by commas.
pub const LIST: bool = true;

/// The settings of a command line.
pub struct Given<T: Tool, const MANY: bool> {
    base: ConfigOf<T>,
    values: BTreeMap<String, Vec<String>>,
    tool: PhantomData<T>,
}

impl<T: Tool, const MANY: bool> Args for Given<T, MANY> {
    fn augment_args(command: Command) -> Command {
        let settings = settings_of::<T>().into_iter();
        command.args(settings.map(|[key, default, allowed, meaning]| {
            let arg = Arg::new(key.clone())
                .long(key.replace('_', "-"))
                .help(format!(
                    "{meaning} [default: {default}] [allowed: {allowed}]"
                ));
            match MANY {
                true => arg.value_name("A,B,…").value_delimiter(','),
                false => arg.value_name("VALUE"),
            }
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: Tool, const MANY: bool> FromArgMatches for Given<T, MANY> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let here = ConfigOf::<T>::here().map_err(|why| Error::raw(ErrorKind::InvalidValue, why))?;
        let mut given = Self {
            base: here,
            values: BTreeMap::new(),
            tool: PhantomData,
        };
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for &key in ConfigOf::<T>::KEYS {
            let Some(values) = matches.get_many::<String>(key) else {
                continue;
            };
            for value in values {
                self.add(key, value)?;
            }
        }
        Ok(())
    }
}

impl<T: Tool, const MANY: bool> Given<T, MANY> {
    /// Adds a value, if it is allowed.
    fn add(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let text = format!("{key}={value}");
        let refused = |why: String| Error::raw(ErrorKind::InvalidValue, why);
        if value.contains(|c: char| c.is_ascii_whitespace() || c == '#') {
            return Err(refused(format!("`{text}`: a value has no blanks and no #")));
        }
        ConfigOf::<T>::default()
            .take(&text, vcpus())
            .map_err(|e| refused(e.to_string()))?;
        self.values
            .entry(key.into())
            .or_default()
            .push(value.into());
        Ok(())
    }

    /// Every combination of the given values; the first key varies slowest.
    pub fn all(&self) -> Vec<ConfigOf<T>> {
        let mut all = vec![self.base];
        for &key in ConfigOf::<T>::KEYS {
            let Some(values) = self.values.get(key) else {
                continue;
            };
            let each = |config: ConfigOf<T>| {
                values.iter().map(move |value| {
                    let mut config = config;
                    // `add` checked the value.
                    let _ = config.take(&format!("{key}={value}"), u32::MAX);
                    config
                })
            };
            all = all.into_iter().flat_map(each).collect();
        }
        all
    }
}

impl<T: Tool> Given<T, ONE> {
    /// The one combination.
    pub fn one(&self) -> ConfigOf<T> {
        self.all()[0]
    }
}

/// Key, default, allowed values and meaning of each setting on this machine.
pub fn settings_of<T: Tool>() -> Vec<[String; 4]> {
    let listing = ConfigOf::<T>::default().listing(vcpus());
    let settings = listing.lines().filter_map(split_setting);
    let explained = settings.zip(ConfigOf::<T>::meanings());
    explained
        .map(|([key, default, allowed], meaning)| [key, default, allowed, meaning])
        .collect()
}

/// Key, value and allowed values of a line of `config`.
pub fn split_setting(line: &str) -> Option<[String; 3]> {
    let (setting, allowed) = line.split_once("  # ")?;
    let (key, value) = pairs(setting).next()?;
    Some([key.into(), value.into(), allowed.into()])
}
