// SPDX-License-Identifier: GPL-2.0

//! The simulated machine of the tier `sim`: with the settings of a run it decides every figure.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The hypervisor's scheduling policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum SchedulingPolicy {
    /// A slice each in turn
    RoundRobin,
    /// Least virtual run time first: Linux up to 6.5
    Fair,
    /// Earliest eligible virtual deadline first: Linux since 6.6
    #[default]
    Eevdf,
    /// The most credit first: Xen
    Credit2,
    /// All vCPUs of a guest at the same time
    Gang,
}

names!(SchedulingPolicy: RoundRobin "round-robin", Fair "fair", Eevdf "eevdf", Credit2 "credit2", Gang "gang");

/// What is simulated beside vCPUs and CPUs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct SimulatedMachine {
    /// The costs: a name in `scripts/costs`, or a file.
    pub costs: String,
    /// Who runs next.
    pub policy: SchedulingPolicy,
    /// Its slice, in microseconds.
    pub slice_us: u32,
    /// What decides all that is random.
    pub seed: u64,
    /// Window of pause-loop exiting, in nanoseconds; 0: none.
    #[serde(default)]
    pub pause_loop_ns: u32,
    /// The window grows by this factor at each exit, until the vCPU gets a CPU anew; 1: not at all.
    #[serde(default = "grow")]
    pub pause_loop_grow: u32,
    /// For how long the host polls at most before it takes a halted vCPU off its CPU, in nanoseconds; 0: not at all.
    #[serde(default)]
    pub halt_poll_ns: u32,
    /// Whether a kick gives the kicker's CPU to the kicked vCPU.
    #[serde(default)]
    pub kick_yields: bool,
    /// CPUs with a CPU hog, counted from 0, as a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hog: Option<String>,
}

/// `ple_window_grow` of `kvm_intel`, and `pause_filter_count_grow` of `kvm_amd`.
const fn grow() -> u32 {
    2
}

impl Default for SimulatedMachine {
    fn default() -> Self {
        Self {
            costs: "default".into(),
            policy: SchedulingPolicy::default(),
            slice_us: 2800,
            seed: 1,
            pause_loop_ns: 0,
            pause_loop_grow: grow(),
            halt_poll_ns: 0,
            kick_yields: false,
            hog: None,
        }
    }
}

/// The folder of costs, in a checkout.
const COSTS: &str = "scripts/costs";

impl SimulatedMachine {
    /// The file with its costs; the built-in ones have none.
    pub fn costs_file(&self) -> PathBuf {
        match self.costs.ends_with(".toml") {
            true => PathBuf::from(&self.costs),
            false => Path::new(COSTS).join(format!("{}.toml", self.costs)),
        }
    }

    /// The options of `simulate` that make it.
    pub fn options(&self) -> Vec<String> {
        let Self {
            costs,
            policy,
            slice_us,
            seed,
            pause_loop_ns,
            pause_loop_grow,
            halt_poll_ns,
            kick_yields,
            hog,
        } = self;
        let (slice_us, seed) = (slice_us.to_string(), seed.to_string());
        let (polls, yields) = (halt_poll_ns.to_string(), kick_yields.to_string());
        let (window, grow) = (pause_loop_ns.to_string(), pause_loop_grow.to_string());
        let pairs = [
            ("--costs", costs.as_str()),
            ("--policy", policy.name()),
            ("--slice-us", &slice_us),
            ("--seed", &seed),
            ("--pause-loop-ns", &window),
            ("--pause-loop-grow", &grow),
            ("--halt-poll-ns", &polls),
            ("--kick-yields", &yields),
        ];
        let hog = hog.iter().map(|hog| ("--hog", hog.as_str()));
        let pairs = pairs.into_iter().chain(hog);
        let words = pairs.flat_map(|(option, value)| [option.into(), value.into()]);
        words.collect()
    }
}

/// Name of the costs of a simulated machine, as labels of figures have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct CostsName {
    bytes: [u8; Self::MOST],
    length: u8,
}

impl CostsName {
    const MOST: usize = 31;

    /// The name of the costs that `--costs` names: the value itself, or a file's without folder and ending.
    ///
    /// # Errors
    ///
    /// If that is no name.
    pub fn of(costs: &str) -> Result<Self, String> {
        let path = Path::new(costs);
        match costs.ends_with(".toml") {
            true => path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .parse(),
            false => costs.parse(),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length.into());
        std::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    }
}

impl FromStr for CostsName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        let mut name = Self {
            bytes: [0; Self::MOST],
            length: text.len() as u8,
        };
        match name.bytes.get_mut(..text.len()) {
            Some(bytes) if !text.is_empty() && text.bytes().all(is_allowed) => {
                bytes.copy_from_slice(text.as_bytes());
                Ok(name)
            }
            _ => {
                let most = Self::MOST;
                Err(format!(
                    "costs `{text}`: allowed: a name of up to {most} letters, digits, `-` and `_`, or a file \
                     of that name with `.toml`"
                ))
            }
        }
    }
}

impl TryFrom<String> for CostsName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<CostsName> for String {
    fn from(name: CostsName) -> Self {
        name.as_str().into()
    }
}

impl fmt::Display for CostsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_named_by_a_name_or_by_a_file() {
        for (costs, name) in [
            ("default", "default"),
            ("./a/b-2.toml", "b-2"),
            ("kvm_1.toml", "kvm_1"),
        ] {
            assert_eq!(CostsName::of(costs).unwrap().as_str(), name);
        }
        for wrong in ["", "a b", "../x", "a/b", "(x).toml", &"x".repeat(32)] {
            assert!(CostsName::of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn name_is_a_string_in_json() {
        let name = CostsName::of("default").unwrap();
        let json = serde_json::to_value(name).unwrap();
        assert_eq!(json, "default");
        assert_eq!(serde_json::from_value::<CostsName>(json).unwrap(), name);
    }

    #[test]
    fn options_state_everything() {
        let options = SimulatedMachine::default().options().join(" ");
        assert_eq!(
            options,
            "--costs default --policy eevdf --slice-us 2800 --seed 1 --pause-loop-ns 0 --pause-loop-grow 2 \
             --halt-poll-ns 0 --kick-yields false"
        );
        let beside = SimulatedMachine {
            hog: Some("0-1".into()),
            ..SimulatedMachine::default()
        };
        assert!(beside.options().join(" ").ends_with(" false --hog 0-1"));
    }
}
