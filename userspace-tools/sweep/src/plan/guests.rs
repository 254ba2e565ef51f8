// SPDX-License-Identifier: GPL-2.0

//! Guests of an experiment: as written, where most keys may be a list, and each of them.

use clap::ValueEnum;
use cpu_list::CpuList;
use serde::{Deserialize, Serialize};
use vm_record::{GuestSize, Mode, PreemptTarget, Tier, TierChoice, MAX_VCPUS};

use crate::plan::setting::{Point, Setting};

/// One value, or a list of them: an axis.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Many<T> {
    /// This one.
    One(T),
    /// Each of these in turn.
    List(Vec<T>),
}

impl<T: Clone> Many<T> {
    fn all(&self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value.clone()],
            Self::List(values) => values.clone(),
        }
    }

    fn varies(&self) -> bool {
        matches!(self, Self::List(_))
    }
}

/// The guests of an experiment, as its file has them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Guests {
    /// vCPUs; by default `ratio` times the host CPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<Many<u32>>,
    /// vCPUs to each CPU: how many of the host CPUs a guest is given, or how many vCPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Many<u32>>,
    /// Host CPUs: `all`, or a list as `0,2-3`.
    pub cpus: String,
    /// The fewest host CPUs with which the experiment is meaningful.
    #[serde(default = "one")]
    pub min_cpus: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// Execution tier, as of `vm --tier`.
    pub tier: Many<String>,
    /// Paravirt mode, as of `vm --mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Many<String>>,
    /// CPUs of the L1 hypervisor (tier `nested`), which the ratio is then to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulated_cpus: Option<u32>,
    /// Number of guests that run at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<u32>,
    /// Host CPUs with a CPU hog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hog: Option<String>,
    /// Target of injected preemptions, as of `vm --preempt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preempt: Option<String>,
    /// Boots of each guest, which share the repeats. By default one if there is one guest, and two if
    /// there are several, so that they alternate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boots: Option<u32>,
}

/// One guest.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Guest {
    /// vCPUs.
    pub vcpus: u32,
    /// Host CPUs, a list.
    pub cpus: String,
    /// vCPUs to each CPU, if the experiment has it.
    pub ratio: Option<u32>,
    /// Execution tier.
    pub tier: String,
    /// Paravirt mode.
    pub mode: Option<String>,
    /// Memory in MiB.
    pub memory: u32,
    /// Further arguments of `vm run`.
    pub words: Vec<String>,
}

fn one() -> u32 {
    1
}

/// The CPUs of a list as `0,2-3`; `all` are those that this process may use.
pub fn cpus(list: &str) -> Result<CpuList, String> {
    let cpus = match list {
        "all" => CpuList::allowed(),
        list => list.parse(),
    };
    cpus.map_err(|error| format!("guest.cpus: {error:#}; or `all`"))
}

/// Refuses a `value` of the key that is not one of `T`.
fn allowed<T: ValueEnum>(key: &str, value: &str) -> Result<(), String> {
    let names = T::value_variants().iter();
    let names = names.filter_map(|one| Some(one.to_possible_value()?.get_name().to_string()));
    let names: Vec<String> = names.collect();
    match names.iter().any(|name| name == value) {
        true => Ok(()),
        false => Err(format!(
            "guest.{key} = `{value}`: allowed: {}",
            names.join(" ")
        )),
    }
}

impl Guests {
    /// Every guest, the last key the fastest.
    pub fn all(&self, cpus: &CpuList) -> Result<Vec<Guest>, String> {
        let mut guests = Vec::new();
        let modes = self.mode.as_ref().map_or_else(Vec::new, Many::all);
        let modes: Vec<_> = match modes.is_empty() {
            true => vec![None],
            false => modes.into_iter().map(Some).collect(),
        };
        for tier in self.tier.all() {
            for mode in &modes {
                for (ratio, vcpus) in self.sizes() {
                    guests.push(self.one(&tier, mode.clone(), ratio, vcpus, cpus)?);
                }
            }
        }
        Ok(guests)
    }

    fn sizes(&self) -> Vec<(Option<u32>, Option<u32>)> {
        let list = |many: &Option<Many<u32>>| match many {
            None => vec![None],
            Some(many) => many.all().into_iter().map(Some).collect::<Vec<_>>(),
        };
        let (ratios, vcpus) = (list(&self.ratio), list(&self.vcpus));
        let pairs = ratios.iter().flat_map(|r| vcpus.iter().map(|v| (*r, *v)));
        pairs.collect()
    }

    fn one(
        &self,
        tier: &str,
        mode: Option<String>,
        ratio: Option<u32>,
        vcpus: Option<u32>,
        cpus: &CpuList,
    ) -> Result<Guest, String> {
        let nested = self.emulated(tier).is_some();
        let has = self.emulated(tier).unwrap_or(cpus.count() as u32);
        let size = GuestSize::new(vcpus, ratio, has).map_err(|error| format!("guest: {error}"))?;
        let used = match nested {
            true => cpus.count(),
            false => size.cpus as usize,
        };
        Ok(Guest {
            vcpus: size.vcpus,
            cpus: cpus.take(used).to_string(),
            ratio,
            tier: tier.into(),
            mode,
            memory: self.memory,
            words: self.words(nested.then_some(size.cpus)),
        })
    }

    /// The CPUs of the L1 hypervisor, which the vCPUs share in the tier `nested`.
    pub fn emulated(&self, tier: &str) -> Option<u32> {
        (tier == Tier::Nested.name()).then(|| self.emulated_cpus.unwrap_or(1))
    }

    fn words(&self, emulated: Option<u32>) -> Vec<String> {
        let number = |n: Option<u32>| n.map(|n| n.to_string());
        let wishes = [
            ("--emulated-cpus", number(self.emulated_cpus.and(emulated))),
            ("--guests", number(self.guests)),
            ("--hog", self.hog.clone()),
            ("--preempt", self.preempt.clone()),
        ];
        let given = wishes.into_iter().filter_map(|(k, v)| Some([k.into(), v?]));
        given.flatten().collect()
    }

    /// vCPUs per CPU of a guest: of the host, or of the L1 hypervisor.
    pub fn ratio_of(&self, guest: &Guest) -> f64 {
        let host = || {
            guest
                .cpus
                .parse::<CpuList>()
                .map_or(0, |cpus| cpus.count() as u32)
        };
        let cpus = self.emulated(&guest.tier).unwrap_or_else(host);
        f64::from(guest.vcpus) / f64::from(cpus.max(1))
    }

    /// The keys that vary.
    pub fn axes(&self) -> Vec<&'static str> {
        let varies = |many: &Option<Many<u32>>| many.as_ref().is_some_and(Many::varies);
        let axes = [
            ("tier", self.tier.varies()),
            ("mode", self.mode.as_ref().is_some_and(Many::varies)),
            ("ratio", varies(&self.ratio)),
            ("vcpus", varies(&self.vcpus)),
        ];
        let axes = axes.into_iter().filter(|(_, varies)| *varies);
        axes.map(|(key, _)| key).collect()
    }

    /// The vCPUs of the guests, if all have the same number.
    pub fn only_vcpus(&self) -> Option<u32> {
        match self.vcpus {
            Some(Many::One(vcpus)) => Some(vcpus),
            _ => None,
        }
    }

    /// The boots of each of `guests` guests.
    pub fn rounds(&self, guests: usize, repeats: u32) -> u32 {
        let default = if guests > 1 { 2 } else { 1 };
        self.boots.unwrap_or(default).clamp(1, repeats)
    }

    /// Refuses guests that cannot be booted; the number of host CPUs is checked later.
    pub fn check(&self) -> Result<(), String> {
        for tier in self.tier.all() {
            allowed::<TierChoice>("tier", &tier)?;
        }
        for mode in self.mode.as_ref().map_or_else(Vec::new, Many::all) {
            allowed::<Mode>("mode", &mode)?;
        }
        if let Some(target) = &self.preempt {
            allowed::<PreemptTarget>("preempt", target)?;
        }
        for (key, values) in [("ratio", &self.ratio), ("vcpus", &self.vcpus)] {
            let values = values.as_ref().map_or_else(Vec::new, Many::all);
            if let Some(n) = values.iter().find(|n| !(1..=MAX_VCPUS).contains(*n)) {
                return Err(format!("guest.{key} = {n}: allowed: 1..={MAX_VCPUS}"));
            }
        }
        if self.boots == Some(0) {
            return Err("guest.boots = 0: allowed: 1 or more, up to the repeats".into());
        }
        Ok(())
    }
}

impl Guest {
    /// Its settings by the names of axes and patterns.
    pub fn point(&self) -> Point {
        let mut point = Point::from([
            ("tier".into(), Setting::from(self.tier.as_str())),
            ("vcpus".into(), Setting::from(u64::from(self.vcpus))),
        ]);
        if let Some(mode) = &self.mode {
            point.insert("mode".into(), mode.as_str().into());
        }
        if let Some(ratio) = self.ratio {
            point.insert("ratio".into(), u64::from(ratio).into());
        }
        point
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guests(text: &str) -> Guests {
        toml::from_str(&format!("cpus = 'all'\nmemory = 256\n{text}")).unwrap()
    }

    #[test]
    fn a_ratio_gives_the_vcpus_of_the_cpus_that_are_there() {
        let guests = guests("tier = 'tcg'\nratio = [1, 2, 4]");
        let all = guests.all(&CpuList::first(2)).unwrap();
        let sizes: Vec<_> = all.iter().map(|g| (g.vcpus, g.cpus.as_str())).collect();
        assert_eq!(sizes, [(2, "0-1"), (4, "0-1"), (8, "0-1")]);
        assert_eq!(guests.axes(), ["ratio"]);
        assert_eq!((guests.rounds(3, 5), guests.rounds(3, 1)), (2, 1));
    }

    #[test]
    fn vcpus_and_a_ratio_give_the_cpus() {
        let guests = guests("tier = 'tcg'\nratio = [2, 4]\nvcpus = 4");
        let all = guests.all(&CpuList::first(2)).unwrap();
        let cpus: Vec<_> = all.iter().map(|g| g.cpus.as_str()).collect();
        assert_eq!(cpus, ["0-1", "0"]);
        assert!(guests
            .all(&CpuList::first(1))
            .unwrap_err()
            .contains("need 2.0 CPUs"));
    }

    #[test]
    fn tiers_and_modes_multiply() {
        let guests = guests("tier = ['kvm', 'tcg']\nmode = ['pv', 'tas']\nvcpus = 2");
        let all = guests.all(&CpuList::first(1)).unwrap();
        assert_eq!(all.len(), 4);
        assert_eq!(guests.axes(), ["tier", "mode"]);
        assert_eq!(all[1].point()["mode"], Setting::from("tas"));
    }

    #[test]
    fn in_a_nested_guest_the_ratio_is_to_the_emulated_cpus() {
        let guests = guests("tier = 'nested'\nratio = 4\nemulated_cpus = 2\nhog = '0'");
        let guest = &guests.all(&CpuList::first(3)).unwrap()[0];
        assert_eq!((guest.vcpus, guest.cpus.as_str()), (8, "0-2"));
        assert_eq!(guest.words, ["--emulated-cpus", "2", "--hog", "0"]);
        assert_eq!(
            (guests.emulated("nested"), guests.emulated("tcg")),
            (Some(2), None)
        );
    }
}
