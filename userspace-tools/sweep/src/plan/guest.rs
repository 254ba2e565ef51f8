// SPDX-License-Identifier: GPL-2.0

//! Guest: one of the guests of an experiment, and their expansion from lists.

use clap::ValueEnum;
use cpu_list::CpuList;
use serde::{Deserialize, Serialize};
use vm_record::{CostsName, GuestSize, Hypervisor, Mode, Numa, Tier, TierChoice};

use crate::plan::{
    guests::{each, varies, Guests},
    setting::{Point, Setting},
};

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Guest {
    pub vcpus: u32,
    /// Host CPUs, a list.
    pub cpus: String,
    /// vCPUs to each CPU, if the experiment has it.
    pub ratio: Option<u32>,
    /// Slice of the host's scheduler, in microseconds, if the experiment sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice_us: Option<u32>,
    /// NUMA nodes, if the experiment has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numa: Option<Numa>,
    /// Hypervisor that it sees in the tier `nested`, if the experiment names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<Hypervisor>,
    /// Scheduling policy of a simulated hypervisor, if the experiment varies it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Window of its pause-loop exiting, if the experiment varies that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_loop_ns: Option<u32>,
    /// Whether its kicks yield, if the experiment varies that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kick_yields: Option<bool>,
    pub tier: String,
    pub mode: Option<String>,
    /// Costs of the simulated machine, in the tier `sim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<CostsName>,
    /// Memory in MiB.
    pub memory: u32,
    /// Further arguments of `vm run`.
    pub words: Vec<String>,
}

impl Guest {
    /// Whether it is simulated, and boots nothing.
    pub fn is_simulated(&self) -> bool {
        self.tier == Tier::Sim.name()
    }

    /// The same with a slice of the host's scheduler.
    fn with_slice(&self, slice_us: Option<u32>) -> Self {
        let mut guest = self.clone();
        let words = slice_us.map(|us| ["--slice-us".to_string(), us.to_string()]);
        guest.words.extend(words.into_iter().flatten());
        guest.slice_us = slice_us;
        guest
    }

    /// The same with NUMA nodes, as the text of `vm --numa`.
    fn with_numa(&self, numa: Option<Setting>) -> Result<Self, String> {
        let mut guest = self.clone();
        if let Some(text) = numa.map(|numa| numa.to_string()) {
            let numa: Numa = text.parse()?;
            // Simulated nodes are of CPUs.
            if !self.is_simulated() {
                let checked = numa.check(self.vcpus, self.memory);
                checked.map_err(|why| format!("guest.numa = `{text}`: {why}"))?;
            }
            guest.words.extend(["--numa".into(), text]);
            guest.numa = Some(numa);
        }
        Ok(guest)
    }

    /// The same with each hypervisor of `guests`: of those that a nested guest can see, or that are simulated.
    fn with_hypervisors(&self, guests: &Guests) -> Result<Vec<Self>, String> {
        if self.tier == Tier::Nested.name() {
            let seen = |hypervisor: Option<String>| {
                let mut guest = self.clone();
                if let Some(name) = hypervisor {
                    guest.hypervisor = Some(Hypervisor::from_str(&name, false)?);
                    guest.words.extend(["--hypervisor".into(), name]);
                }
                guest.check_mode()?;
                Ok(guest)
            };
            return each(&guests.hypervisor).into_iter().map(seen).collect();
        }
        self.check_mode()?;
        if !self.is_simulated() {
            return Ok(vec![self.clone()]);
        }
        let mut all = Vec::new();
        for policy in each(&guests.policy) {
            for pause_loop_ns in each(&guests.pause_loop_ns) {
                for kick_yields in each(&guests.kick_yields) {
                    let mut guest = self.clone();
                    let wishes = [
                        ("--policy", policy.clone()),
                        ("--pause-loop-ns", pause_loop_ns.map(|ns| ns.to_string())),
                        (
                            "--kick-yields",
                            kick_yields.map(|yields| yields.to_string()),
                        ),
                    ];
                    let given = wishes.into_iter().filter_map(|(k, v)| Some([k.into(), v?]));
                    guest.words.extend(given.flatten());
                    guest.policy = policy.clone().filter(|_| varies(&guests.policy));
                    guest.pause_loop_ns = pause_loop_ns.filter(|_| varies(&guests.pause_loop_ns));
                    guest.kick_yields = kick_yields.filter(|_| varies(&guests.kick_yields));
                    all.push(guest);
                }
            }
        }
        Ok(all)
    }

    /// Refuses a mode that no tier of its own can boot with so many vCPUs.
    fn check_mode(&self) -> Result<(), String> {
        let Some(mode) = &self.mode else {
            return Ok(());
        };
        let parsed = Mode::from_str(mode, false);
        let (mode, tier) = (parsed?, TierChoice::from_str(&self.tier, false)?);
        let check = |tier: &Tier| mode.check(*tier, self.hypervisor, self.vcpus as usize);
        let mut checked = tier.tiers().iter().map(check);
        let first = checked.next().unwrap_or(Ok(()));
        first.or_else(|why| checked.find(Result::is_ok).unwrap_or(Err(why)))
    }

    /// Its settings by the names of axes and patterns.
    pub fn point(&self) -> Point {
        let mut point = Point::from([
            ("tier".into(), Setting::from(self.tier.as_str())),
            ("vcpus".into(), Setting::from(u64::from(self.vcpus))),
        ]);
        if let Some(costs) = &self.costs {
            point.insert("costs".into(), costs.as_str().into());
        }
        if let Some(mode) = &self.mode {
            point.insert("mode".into(), mode.as_str().into());
        }
        if let Some(ratio) = self.ratio {
            point.insert("ratio".into(), u64::from(ratio).into());
        }
        if let Some(hypervisor) = self.hypervisor {
            point.insert("hypervisor".into(), hypervisor.name().into());
        }
        if let Some(policy) = &self.policy {
            point.insert("policy".into(), policy.as_str().into());
        }
        if let Some(ns) = self.pause_loop_ns {
            point.insert("pause_loop_ns".into(), u64::from(ns).into());
        }
        if let Some(yields) = self.kick_yields {
            point.insert("kick_yields".into(), Setting::Name(yields.to_string()));
        }
        if let Some(numa) = self.numa {
            point.insert("numa".into(), Setting::parse(&numa.to_string()));
        }
        if let Some(slice_us) = self.slice_us {
            point.insert("slice_us".into(), u64::from(slice_us).into());
        }
        point
    }
}

impl Guests {
    /// Every guest on a host with these CPUs, the last key the fastest.
    pub fn all(&self, cpus: &CpuList) -> Result<Vec<Guest>, String> {
        let mut guests = Vec::new();
        for tier in self.tier.all() {
            for mode in each(&self.mode) {
                for ratio in each(&self.ratio) {
                    for vcpus in each(&self.vcpus) {
                        let guest = self.one(tier, mode.clone(), ratio, vcpus, cpus)?;
                        for guest in guest.with_hypervisors(self)? {
                            for numa in each(&self.numa) {
                                let guest = guest.with_numa(numa)?;
                                let slices = each(&self.slice_us).into_iter();
                                guests.extend(slices.map(|slice_us| guest.with_slice(slice_us)));
                            }
                        }
                    }
                }
            }
        }
        Ok(guests)
    }

    fn one(
        &self,
        tier: &str,
        mode: Option<String>,
        ratio: Option<u32>,
        vcpus: Option<u32>,
        cpus: &CpuList,
    ) -> Result<Guest, String> {
        let emulated = self.emulated(tier);
        let has = emulated.unwrap_or(cpus.count() as u32);
        let most = TierChoice::from_str(tier, false)?.max_vcpus();
        let size = GuestSize::new(vcpus, ratio, has, most);
        let size = size.map_err(|error| format!("guest: {error}"))?;
        let (least, is_simulated) = (size.min_memory_mib(), tier == Tier::Sim.name());
        if self.memory < least && !is_simulated {
            let (vcpus, memory) = (size.vcpus, self.memory);
            return Err(format!(
                "guest.memory = {memory}: allowed: {least} or more for {vcpus} vCPUs"
            ));
        }
        let usable = match emulated {
            Some(emulated) => CpuList::first(emulated as usize),
            None if is_simulated => cpus.take(size.cpus as usize),
            None => CpuList::allowed().map_err(|error| format!("{error:#}"))?,
        };
        let hog: Option<CpuList> = self.hog.as_ref().and_then(|hog| hog.parse().ok());
        if let Some(cpu) = hog.and_then(|hog| hog.missing_in(&usable)) {
            return Err(format!(
                "guest.hog: CPU {cpu} is not usable; allowed: {usable}"
            ));
        }
        // In the nested tier the ratio is to the CPUs of L1, which may use every CPU of the host.
        let used = emulated.map_or(size.cpus as usize, |_| cpus.count());
        Ok(Guest {
            vcpus: size.vcpus,
            cpus: cpus.take(used).to_string(),
            ratio,
            slice_us: None,
            numa: None,
            hypervisor: None,
            policy: None,
            pause_loop_ns: None,
            kick_yields: None,
            tier: tier.into(),
            mode,
            costs: is_simulated.then(|| self.costs_name()).transpose()?,
            memory: self.memory,
            words: match is_simulated {
                true => self.words_of_sim(),
                false => self.words(emulated.is_some()),
            },
        })
    }

    fn words(&self, is_nested: bool) -> Vec<String> {
        let number = |n: Option<u32>| n.map(|n| n.to_string());
        let emulated_cpus = self.emulated_cpus.filter(|_| is_nested);
        let wishes = [
            ("--emulated-cpus", number(emulated_cpus)),
            ("--guests", number(self.guests)),
            ("--hog", self.hog.clone()),
            ("--preempt", self.preempt.clone()),
        ];
        let given = wishes.into_iter().filter_map(|(k, v)| Some([k.into(), v?]));
        let kernel_args = self.kernel_args.iter();
        let kernel_args = kernel_args.map(|word| ["--kernel-arg".into(), word.clone()]);
        given.chain(kernel_args).flatten().collect()
    }

    fn words_of_sim(&self) -> Vec<String> {
        let number = |n: Option<u32>| n.map(|n| n.to_string());
        let wishes = [
            ("--costs", self.costs.clone()),
            ("--hog", self.hog.clone()),
            ("--pause-loop-grow", number(self.pause_loop_grow)),
            ("--halt-poll-ns", number(self.halt_poll_ns)),
        ];
        let given = wishes.into_iter().filter_map(|(k, v)| Some([k.into(), v?]));
        given.flatten().collect()
    }

    /// vCPUs per CPU of a guest: of the host, or of the L1 hypervisor.
    pub fn ratio_of(&self, guest: &Guest) -> f64 {
        let host: Option<CpuList> = guest.cpus.parse().ok();
        let host = host.map_or(0, |cpus| cpus.count() as u32);
        // In the tier `count` one thread runs all vCPUs.
        let host = if guest.tier == Tier::Count.name() {
            1
        } else {
            host
        };
        let cpus = self.emulated(&guest.tier).unwrap_or(host);
        f64::from(guest.vcpus) / f64::from(cpus.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guests(text: &str) -> Guests {
        toml::from_str(&format!("cpus = 'all'\nmemory = 256\n{text}")).unwrap()
    }

    #[test]
    fn hypervisor_is_an_axis_of_nested_guests_alone() {
        let guests = guests("tier = ['nested', 'xen']\nhypervisor = ['kvm', 'xen']\nvcpus = 8");
        assert_eq!(guests.check(), Ok(()));
        assert_eq!(guests.axes(), ["tier", "hypervisor"]);
        let all = guests.all(&"0-1".parse().unwrap()).unwrap();
        let seen = all
            .iter()
            .map(|guest| (guest.tier.as_str(), guest.hypervisor));
        let expected = [
            ("nested", Some(Hypervisor::Kvm)),
            ("nested", Some(Hypervisor::Xen)),
            ("xen", None),
        ];
        assert_eq!(seen.collect::<Vec<_>>(), expected);
        assert_eq!(all[1].words, ["--hypervisor", "xen"]);
        assert_eq!(all[1].point()["hypervisor"], Setting::from("xen"));
        // One emulated CPU, whatever the host has.
        assert_eq!(guests.ratio_of(&all[2]), 8.0);
    }

    #[test]
    fn mode_that_xen_does_not_have_is_refused() {
        for text in ["'xen'", "'nested'\nhypervisor = 'xen'"] {
            let guests = guests(&format!("tier = {text}\nvcpus = 8\nmode = 'tas'"));
            let why = guests.all(&"0-1".parse().unwrap()).unwrap_err();
            assert!(why.contains("under Xen"), "{why}");
        }
    }

    #[test]
    fn ratio_vcpus_and_host_cpus_give_the_size() {
        for (text, host, sizes) in [
            ("tcg'\nratio = [1, 2, 4]", 2, "2 on 0-1, 4 on 0-1, 8 on 0-1"),
            ("tcg'\nratio = [2, 4]\nvcpus = 4", 2, "4 on 0-1, 4 on 0"),
            ("nested'\nratio = 4\nemulated_cpus = 2", 3, "8 on 0-2"),
        ] {
            let guests = guests(&format!("tier = '{text}"));
            let all = guests.all(&CpuList::first(host)).unwrap();
            let size = |guest: &Guest| format!("{} on {}", guest.vcpus, guest.cpus);
            assert_eq!(all.iter().map(size).collect::<Vec<_>>().join(", "), sizes);
        }
        let too_few = guests("tier = 'tcg'\nratio = 2\nvcpus = 4").all(&CpuList::first(1));
        assert!(too_few.unwrap_err().contains("need 2.0 CPUs"));
    }

    #[test]
    fn tiers_and_modes_multiply() {
        let guests = guests("tier = ['kvm', 'tcg']\nmode = ['native', 'tas']\nvcpus = 2");
        let all = guests.all(&CpuList::first(1)).unwrap();
        assert_eq!(all.len(), 4);
        assert_eq!(guests.axes(), ["tier", "mode"]);
        assert_eq!(all[1].point()["mode"], Setting::from("tas"));
    }

    #[test]
    fn slice_is_an_axis_of_guests() {
        let guests = guests("tier = 'tcg'\nvcpus = 4\nslice_us = [4000, 16000]");
        let all = guests.all(&CpuList::first(1)).unwrap();
        assert_eq!(guests.axes(), ["slice_us"]);
        assert_eq!(all[1].words, ["--slice-us", "16000"]);
        assert_eq!(all[1].point()["slice_us"], Setting::from(16000));
    }

    #[test]
    fn numa_nodes_are_an_axis_of_guests() {
        let guests = guests("tier = 'tcg'\nvcpus = 4\nnuma = [1, 2, 'nodes=2,distance=40']");
        assert_eq!(guests.check(), Ok(()));
        assert_eq!(guests.axes(), ["numa"]);
        let all = guests.all(&CpuList::first(1)).unwrap();
        assert_eq!(all[1].words, ["--numa", "2"]);
        assert_eq!(all[1].point()["numa"], Setting::from(2));
        assert_eq!(all[2].point()["numa"], Setting::from("nodes=2,distance=40"));
        let odd = super::tests::guests("tier = 'tcg'\nvcpus = 3\nnuma = 2");
        let why = odd.all(&CpuList::first(1)).unwrap_err();
        assert!(
            why.contains("guest.numa = `2`: the vCPUs do not split"),
            "{why}"
        );
    }

    #[test]
    fn policies_and_pause_loops_are_axes_of_simulated_guests() {
        let guests = guests(
            "tier = 'sim'\nvcpus = 4\npolicy = ['fair', 'credit2']\npause_loop_ns = [0, 4096]\npause_loop_grow = 1\n\
             kick_yields = true",
        );
        let all = guests.all(&CpuList::first(1)).unwrap();
        assert_eq!(guests.axes(), ["policy", "pause_loop_ns"]);
        let words = "--pause-loop-grow 1 --policy fair --pause-loop-ns 4096 --kick-yields true";
        assert_eq!(all[1].words.join(" "), words);
        let point = all[3].point();
        assert_eq!(point["policy"], Setting::from("credit2"));
        assert_eq!(point["pause_loop_ns"], Setting::from(4096));
        let one = super::tests::guests("tier = 'sim'\nvcpus = 4\npolicy = 'fair'");
        let [guest] = &one.all(&CpuList::first(1)).unwrap()[..] else {
            panic!("one guest");
        };
        assert!(!guest.point().contains_key("policy") && guest.words == ["--policy", "fair"]);
        let beside = super::tests::guests("tier = ['tcg', 'sim']\nvcpus = 4\npolicy = 'fair'");
        let all = beside.all(&CpuList::first(1)).unwrap();
        let words: Vec<String> = all.iter().map(|guest| guest.words.join(" ")).collect();
        assert_eq!(
            words,
            ["", "--policy fair"],
            "a guest that is booted has its own"
        );
    }

    #[test]
    fn mode_that_no_tier_can_boot_is_refused() {
        let all = |text: &str| guests(text).all(&CpuList::first(1));
        let error = all("tier = 'tcg'\nmode = 'pv'\nvcpus = 2").unwrap_err();
        assert!(error.contains("no KVM to halt by"), "{error}");
        assert!(all("tier = 'auto'\nmode = 'pv'\nvcpus = 2").is_ok());
        assert!(all("tier = 'auto'\nmode = 'tas'\nvcpus = 1").is_err());
        let error = all("tier = 'nested'\nvcpus = 2\nhog = '1'").unwrap_err();
        assert!(error.contains("guest.hog: CPU 1 is not usable"), "{error}");
    }

    #[test]
    fn hog_of_a_simulated_guest_is_on_one_of_its_cpus() {
        let all = |hog: &str| {
            let text = format!("tier = 'sim'\nvcpus = 4\nratio = 2\nhog = '{hog}'");
            guests(&text).all(&CpuList::first(9))
        };
        assert_eq!(all("1").unwrap()[0].words, ["--hog", "1"]);
        let error = all("2").unwrap_err();
        assert!(error.contains("guest.hog: CPU 2 is not usable"), "{error}");
    }

    #[test]
    fn kernel_args_are_passed_one_by_one() {
        let guests = guests("tier = 'tcg'\nvcpus = 2\nkernel_args = ['maxcpus=2', 'quiet']");
        let all = guests.all(&CpuList::first(1)).unwrap();
        let due = ["--kernel-arg", "maxcpus=2", "--kernel-arg", "quiet"];
        assert_eq!(all[0].words, due);
    }

    #[test]
    fn emulated_cpus_are_of_the_nested_tier_alone() {
        let guests = guests("tier = ['nested', 'tcg']\nvcpus = 2\nemulated_cpus = 2\nhog = '0'");
        let all = guests.all(&CpuList::first(3)).unwrap();
        assert_eq!(all[0].words, ["--emulated-cpus", "2", "--hog", "0"]);
        assert_eq!(all[1].words, ["--hog", "0"]);
        assert_eq!(guests.emulated("nested"), Some(2));
        assert_eq!(guests.emulated("tcg"), None);
    }
}
