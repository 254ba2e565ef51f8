// SPDX-License-Identifier: GPL-2.0

//! What every policy keeps, whatever the load: a vCPU has one CPU at a time, a CPU one vCPU; none waits for
//! ever; no CPU idles while a vCPU waits for it.

use std::collections::BTreeMap;

use machine::{
    words::{compute, halt_while, kick, sleep, yield_to},
    BoostHolder, CpuId, Credit2, Eevdf, Ended, Entry, Fair, Gang, GuestId, Machine, Ns, Plan,
    Policy, Priorities, RoundRobin, Spared, Stop, VcpuId,
};

use crate::{
    common::{MS, US},
    locks::{Kind, Lock},
};

const CPUS: u32 = 3;
const VCPUS: u32 = 10;

/// Each policy with its name, and whether it binds vCPUs to CPUs.
fn policies(seed: u64) -> Vec<(&'static str, bool, Box<dyn Policy>)> {
    let eevdf = || Box::new(Eevdf::new(CPUS, 2_800 * US, MS, seed).with(VcpuId(1), 3_000, MS));
    vec![
        ("round robin", false, Box::new(RoundRobin::new(MS, seed))),
        ("fair", false, Box::new(Fair::new(CPUS, 3 * MS, MS, seed))),
        ("eevdf", false, eevdf()),
        ("credit2", false, Box::new(Credit2::new(MS, seed))),
        (
            "boosted",
            false,
            Box::new(BoostHolder::new(eevdf(), 50 * US)),
        ),
        ("priorities", false, Box::new(Priorities::new(seed))),
        ("gang", true, Box::new(Gang::new(CPUS, 5 * MS))),
    ]
}

/// vCPUs of two guests that compute, sleep, yield, halt, kick and contend for a lock, some of them stopped,
/// and some spared from preemptions.
fn run(policy: Box<dyn Policy>, seed: u64, stops: usize) -> Ended {
    let mut random = fastrand::Rng::with_seed(seed);
    let stop = |_| Stop {
        at: random.u64(0..80 * MS),
        vcpu: VcpuId(random.u32(0..VCPUS)),
        ns: random.u64(0..3 * MS),
    };
    // It goes on on a CPU that no policy knows.
    let spared = |vcpu| Spared {
        vcpu: VcpuId(vcpu),
        from: 10 * MS,
        until: 80 * MS,
    };
    let plan = Plan {
        seed,
        end: 100 * MS,
        stops: (0..stops).map(stop).collect(),
        spared: (0..stops as u32).map(spared).collect(),
        keeps_log: true,
        start_spread: 1,
        ..Plan::new(CPUS)
    };
    let mut machine = Machine::new(plan, policy);
    let lock = Lock::new(Kind::TestAndSet);
    for vcpu in 0..VCPUS {
        let mut random = random.fork();
        let (guest, code) = match vcpu % 5 {
            0 | 1 => lock.load(0),
            _ => (1, Box::new(move || step(&mut random)) as Box<dyn FnOnce()>),
        };
        machine.add(GuestId(guest), None, code).unwrap();
    }
    machine.run()
}

fn step(random: &mut fastrand::Rng) {
    loop {
        compute(random.u64(0..300 * US));
        match random.u32(0..4) {
            0 => sleep(random.u64(1..MS)),
            1 => yield_to(VcpuId(random.u32(0..VCPUS))),
            2 => kick(VcpuId(random.u32(0..VCPUS))),
            // A kick may have come before, or none may come: so only now and then.
            _ if random.u32(0..20) == 0 => halt_while(|| true),
            _ => compute(random.u64(0..5 * MS)),
        }
    }
}

/// What a log shows, entry by entry.
#[derive(Default)]
struct Watched {
    /// What each CPU runs, and since when it runs nothing.
    runs: BTreeMap<u32, u32>,
    idle: BTreeMap<u32, Ns>,
    /// Since when each vCPU waits, and for which CPU.
    waits: BTreeMap<u32, (Ns, u32)>,
    last: BTreeMap<u32, u32>,
    longest: Ns,
}

impl Watched {
    fn entry(&mut self, at: Ns, entry: Entry) {
        match entry {
            Entry::Runs(VcpuId(vcpu), CpuId(cpu)) => {
                let twice = self.runs.iter().find(|(_, &other)| other == vcpu);
                assert_eq!(
                    twice, None,
                    "vCPU {vcpu} gets CPU {cpu} at {at}, and has another"
                );
                // The one that ran yielded, or else the log said so.
                if let Some(before) = self.runs.insert(cpu, vcpu) {
                    self.waits.insert(before, (at, cpu));
                }
                if let Some((since, _)) = self.waits.remove(&vcpu) {
                    self.longest = self.longest.max(at.saturating_sub(since));
                }
                self.idle.remove(&cpu);
                self.last.insert(vcpu, cpu);
            }
            Entry::Preempted(VcpuId(vcpu), _) => {
                let cpu = self.leaves(at, vcpu);
                self.waits.insert(vcpu, (at, cpu));
            }
            Entry::Halts(VcpuId(vcpu)) => {
                self.leaves(at, vcpu);
            }
            Entry::Wakes(VcpuId(vcpu)) => {
                let cpu = self.last.get(&vcpu).copied().unwrap_or(0);
                self.waits.insert(vcpu, (at, cpu));
            }
            Entry::Kicks(..) | Entry::Mark(..) => {}
        }
    }

    /// `vcpu` has its CPU no more; returns which.
    fn leaves(&mut self, at: Ns, vcpu: u32) -> u32 {
        let found = self.runs.iter().find(|(_, &other)| other == vcpu);
        let cpu = *found
            .unwrap_or_else(|| panic!("vCPU {vcpu} leaves no CPU at {at}"))
            .0;
        self.runs.remove(&cpu);
        self.idle.insert(cpu, at);
        cpu
    }
}

/// How much later than its end a stint's successor may run: switches and wake-ups.
const SLACK: Ns = 20 * US;

impl Watched {
    /// Asserts that no CPU idles while a vCPU waits that it may run.
    fn assert_busy(&self, at: Ns, is_bound: bool) {
        let late = |since: Ns| since + SLACK < at;
        for (cpu, _) in self.idle.iter().filter(|(_, &since)| late(since)) {
            let may_run = |of: &u32| !is_bound || of == cpu;
            let waits = self
                .waits
                .iter()
                .find(|(_, (since, of))| late(*since) && may_run(of));
            assert_eq!(waits, None, "CPU {cpu} idles at {at}");
        }
    }

    /// Asserts that each vCPU that waits or runs at the end had a CPU, was halted, or waited, all the time.
    /// A stop is none of that.
    fn assert_all_time_is_accounted(&self, ended: &Ended) {
        let awake = self.runs.values().chain(self.waits.keys());
        for &vcpu in awake {
            let (stolen, halted) = ended.vcpus[vcpu as usize];
            let all = ended.cpu_time[vcpu as usize] + stolen + halted;
            let off = ended.at.abs_diff(all);
            // The last switch may end later.
            assert!(
                off < 3 * US,
                "vCPU {vcpu}: {off} ns are not accounted for, or twice"
            );
        }
    }
}

fn watch(ended: &Ended, is_bound: bool, is_stopped: bool) -> Watched {
    let mut watched = Watched::default();
    // In the order of events: a vCPU may lose its CPU again before the switch to it is over.
    for logged in &ended.log {
        if !is_stopped {
            watched.assert_busy(logged.at, is_bound);
        }
        watched.entry(logged.at, logged.entry);
    }
    watched
}

#[test]
fn every_policy_keeps_cpus_busy_and_starves_no_vcpu() {
    for seed in 1..=4 {
        for (name, is_bound, policy) in policies(seed) {
            let stops = (seed % 2) as usize * 5;
            println!("{name}, seed {seed}");
            let ended = run(policy, seed, stops);
            let watched = watch(&ended, is_bound, stops > 0);
            if stops == 0 {
                watched.assert_all_time_is_accounted(&ended);
            }
            let bound = if name == "priorities" { 90 } else { 60 };
            let waits = watched
                .waits
                .values()
                .map(|(since, _)| ended.at.saturating_sub(*since));
            let longest = waits.chain([watched.longest]).max();
            assert!(longest < Some(bound * MS), "one waits for {longest:?} ns");
        }
    }
}
