// SPDX-License-Identifier: GPL-2.0

//! The guests of an experiment: as written, where most keys may be a list, and one by one.

use serde::{Deserialize, Serialize};
use vm_record::{GuestSize, MAX_VCPUS};

use crate::{
    plan::setting::{Point, Setting},
    store::provenance,
};

/// One value, or a list of them: an axis.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Many<T> {
    /// Just this one.
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
    /// Host CPUs that it may use: `all`, or a list as `0,2-3`.
    pub cpus: String,
    /// Host CPUs without which the experiment makes no sense.
    #[serde(default = "one")]
    pub min_cpus: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// Acceleration, as `vm --tier` knows it.
    pub tier: Many<String>,
    /// What the guest's kernel takes its machine for, as `vm --mode` knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Many<String>>,
    /// CPUs of the L1 hypervisor (tier `nested`), which the ratio is then to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulated_cpus: Option<u32>,
    /// Guests that compete at the same moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<u32>,
    /// Host CPUs that a neighbour eats meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hog: Option<String>,
    /// Whose vCPU is stopped again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preempt: Option<String>,
    /// How often each guest is booted, the repeats dealt out among the boots. By default once where
    /// there is one guest, and twice where there are several, so that they alternate too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boots: Option<u32>,
}

/// One of them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Guest {
    /// vCPUs.
    pub vcpus: u32,
    /// Host CPUs, a list.
    pub cpus: String,
    /// vCPUs to each CPU, where that was asked for.
    pub ratio: Option<u32>,
    /// The tier asked for.
    pub tier: String,
    /// The mode asked for.
    pub mode: Option<String>,
    /// Memory in MiB.
    pub memory: u32,
    /// Further words for `vm run`.
    pub words: Vec<String>,
}

fn one() -> u32 {
    1
}

impl Guests {
    /// Every guest, the last key the fastest.
    pub fn all(&self, cpus: &[u32]) -> Result<Vec<Guest>, String> {
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
        cpus: &[u32],
    ) -> Result<Guest, String> {
        let nested = self.emulated(tier).is_some();
        let has = self.emulated(tier).unwrap_or(cpus.len() as u32);
        let size = GuestSize::new(vcpus, ratio, has).map_err(|error| format!("guest: {error}"))?;
        let used = if nested {
            cpus.len()
        } else {
            size.cpus as usize
        };
        Ok(Guest {
            vcpus: size.vcpus,
            cpus: provenance::list(&cpus[..used.min(cpus.len())]),
            ratio,
            tier: tier.into(),
            mode,
            memory: self.memory,
            words: self.words(nested.then_some(size.cpus)),
        })
    }

    /// The CPUs of the L1 hypervisor, which the vCPUs share in the tier `nested`.
    pub fn emulated(&self, tier: &str) -> Option<u32> {
        (tier == "nested").then(|| self.emulated_cpus.unwrap_or(1))
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

    /// The vCPUs of the guest, where all have as many.
    pub fn only_vcpus(&self) -> Option<u32> {
        match self.vcpus {
            Some(Many::One(vcpus)) => Some(vcpus),
            _ => None,
        }
    }

    /// How often each of so many guests is booted.
    pub fn rounds(&self, guests: usize, repeats: u32) -> u32 {
        let otherwise = if guests > 1 { 2 } else { 1 };
        self.boots.unwrap_or(otherwise).clamp(1, repeats)
    }

    /// Refuses what cannot be booted.
    pub fn check(&self) -> Result<(), String> {
        let tiers = ["auto", "kvm", "tcg", "nested"];
        if let Some(tier) = self
            .tier
            .all()
            .iter()
            .find(|t| !tiers.contains(&t.as_str()))
        {
            let tiers = tiers.join(" ");
            return Err(format!("guest.tier = `{tier}`: allowed: {tiers}"));
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
        // What depends on the host is refused when its CPUs are known.
        Ok(())
    }
}

impl Guest {
    /// Its settings, as an axis or a pattern names them.
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
        let all = guests.all(&[0, 1]).unwrap();
        let sizes: Vec<_> = all.iter().map(|g| (g.vcpus, g.cpus.as_str())).collect();
        assert_eq!(sizes, [(2, "0-1"), (4, "0-1"), (8, "0-1")]);
        assert_eq!(guests.axes(), ["ratio"]);
        assert_eq!((guests.rounds(3, 5), guests.rounds(3, 1)), (2, 1));
    }

    #[test]
    fn vcpus_and_a_ratio_give_the_cpus() {
        let guests = guests("tier = 'tcg'\nratio = [2, 4]\nvcpus = 4");
        let all = guests.all(&[0, 1]).unwrap();
        let cpus: Vec<_> = all.iter().map(|g| g.cpus.as_str()).collect();
        assert_eq!(cpus, ["0-1", "0"]);
        assert!(guests.all(&[0]).unwrap_err().contains("need 2.0 CPUs"));
    }

    #[test]
    fn tiers_and_modes_multiply() {
        let guests = guests("tier = ['kvm', 'tcg']\nmode = ['pv', 'tas']\nvcpus = 2");
        let all = guests.all(&[0]).unwrap();
        assert_eq!(all.len(), 4);
        assert_eq!(guests.axes(), ["tier", "mode"]);
        assert_eq!(all[1].point()["mode"], Setting::from("tas"));
    }

    #[test]
    fn in_a_nested_guest_the_ratio_is_to_the_emulated_cpus() {
        let guests = guests("tier = 'nested'\nratio = 4\nemulated_cpus = 2\nhog = '0'");
        let guest = &guests.all(&[0, 1, 2]).unwrap()[0];
        assert_eq!((guest.vcpus, guest.cpus.as_str()), (8, "0-2"));
        assert_eq!(guest.words, ["--emulated-cpus", "2", "--hog", "0"]);
        assert_eq!(
            (guests.emulated("nested"), guests.emulated("tcg")),
            (Some(2), None)
        );
    }
}
