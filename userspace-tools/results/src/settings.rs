// SPDX-License-Identifier: GPL-2.0

//! Settings of the modules, and the number of vCPUs.

use std::{fmt::Display, fs, thread::available_parallelism};

use abi::{bottleneck, job_runner, lock_load, sloppy_counter, Limits, Refusal};
use cpu_list::CpuList;
use serde::Serialize;
use vm_record::environment;

/// The settings of a module, by key.
pub trait Settings: Copy + Default + PartialEq + Display + Serialize + 'static {
    /// The keys, in their order.
    const KEYS: &'static [&'static str];

    /// The meaning of each, as documented in `abi`.
    const MEANINGS: &'static [&'static str];

    /// Environment variables with the default of a setting, each with its key; `vm` sets them.
    const ENVIRONMENT: &'static [(&'static str, &'static str)];

    /// The defaults, overridden by the environment; an error names the variable.
    fn here() -> Result<Self, String> {
        Self::with(|variable| std::env::var(variable).ok())
    }

    /// The defaults, overridden by any environment.
    fn with(value: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut settings = Self::default();
        for (variable, key) in Self::ENVIRONMENT {
            let Some(value) = value(variable).filter(|value| !value.is_empty()) else {
                continue;
            };
            settings
                .take(&format!("{key}={value}"), u32::MAX)
                .map_err(|refusal| format!("{variable}={value}: {refusal}"))?;
        }
        Ok(settings)
    }

    /// Sets every `key=value` of `text`, or none, on a machine with `vcpus`.
    fn take<'a>(&mut self, text: &'a str, vcpus: u32) -> Result<(), Refusal<'a>>;

    /// Every setting with its allowed values, one a line, on a machine with `vcpus`.
    fn listing(&self, vcpus: u32) -> String;

    /// The meaning of each setting, and the environment variable that sets its default, if any.
    fn meanings() -> Vec<String> {
        let settings = Self::KEYS.iter().zip(Self::MEANINGS);
        let meaning = settings.map(|(key, meaning)| {
            let meaning = meaning.trim().trim_end_matches('.');
            match Self::ENVIRONMENT.iter().find(|(_, of)| of == key) {
                Some((variable, _)) => format!("{meaning} [env: {variable}]"),
                None => meaning.to_string(),
            }
        });
        meaning.collect()
    }
}

/// The limits of a machine; only the module knows its memory.
fn limits(vcpus: u32) -> Limits {
    Limits {
        vcpus,
        bytes: u64::MAX,
    }
}

macro_rules! settings {
    ($($module:ident: $environment:expr),*) => {$(
        impl Settings for $module::Config {
            const KEYS: &'static [&'static str] = Self::KEYS;
            const MEANINGS: &'static [&'static str] = Self::MEANINGS;
            const ENVIRONMENT: &'static [(&'static str, &'static str)] = &$environment;

            fn take<'a>(&mut self, text: &'a str, vcpus: u32) -> Result<(), Refusal<'a>> {
                self.set(text, &limits(vcpus), false)
            }

            fn listing(&self, vcpus: u32) -> String {
                self.show(&limits(vcpus)).to_string()
            }
        }
    )*};
}
settings!(
    lock_load: [(environment::MODE, "mode"), (environment::PREEMPT, "preempt")],
    sloppy_counter: [],
    job_runner: [],
    bottleneck: []
);

/// The `key=value` words of a line.
pub fn pairs(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split_ascii_whitespace()
        .filter_map(|word| word.split_once('='))
}

/// Online vCPUs, including those outside this process' affinity.
pub fn vcpus() -> u32 {
    let online = fs::read_to_string("/sys/devices/system/cpu/online");
    let list = online.ok().and_then(|text| text.trim().parse().ok());
    let counted = list.map(|list: CpuList| list.count() as u32);
    counted.unwrap_or_else(|| available_parallelism().map_or(1, usize::from) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_overrides_defaults() {
        use abi::lock_load::{Config, ModeWanted};
        let with =
            |value: &str| Config::with(|name| (name == environment::MODE).then(|| value.into()));
        assert_eq!(with("pv").unwrap().mode, ModeWanted::Pv);
        assert_eq!(with("").unwrap(), Config::default());
        let why = with("vp").unwrap_err();
        assert!(
            why.starts_with("SLOWPATH_MODE=vp: `mode=vp`: not a value"),
            "{why}"
        );
    }
}
