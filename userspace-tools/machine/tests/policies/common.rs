// SPDX-License-Identifier: GPL-2.0

//! Loads of vCPUs, and what the log says of them.

use machine::{
    words::{compute, exact_time, mark, sleep},
    CpuId, Ended, Entry, GuestId, Machine, Ns, Plan, Policy, VcpuId,
};

pub const MS: Ns = 1_000_000;
pub const US: Ns = 1_000;

/// The kind of mark that [`sleeper`] leaves: how late it woke.
const LATE: u32 = 1;

/// The code of a vCPU, and its guest.
pub type Load = (u32, Box<dyn FnOnce()>);

/// Runs loads on so many CPUs for a second.
pub fn run(cpus: u32, policy: impl Policy + 'static, loads: Vec<Load>) -> Ended {
    let plan = Plan {
        hints_sections: true,
        keeps_log: true,
        start_spread: 1,
        ..Plan::new(cpus)
    };
    let mut machine = Machine::new(plan, Box::new(policy));
    for (guest, code) in loads {
        machine.add(GuestId(guest), None, code).unwrap();
    }
    machine.run()
}

/// Always uses its CPU.
pub fn burner(guest: u32) -> Load {
    (guest, Box::new(|| compute(u64::MAX / 2)))
}

pub fn burners(count: u32) -> Vec<Load> {
    (0..count).map(|_| burner(0)).collect()
}

/// Computes and sleeps in turn.
pub fn sleeper(guest: u32, computes: Ns, sleeps: Ns) -> Load {
    let code = move || loop {
        compute(computes);
        let wakes = exact_time() + sleeps;
        sleep(sleeps);
        mark(LATE, exact_time() - wakes);
    };
    (guest, Box::new(code))
}

/// How late a vCPU woke each time, ascending.
pub fn lateness(ended: &Ended, vcpu: u32) -> Vec<Ns> {
    let of = |logged: &machine::Logged| match logged.entry {
        Entry::Mark(VcpuId(by), LATE, late) if by == vcpu => Some(late),
        _ => None,
    };
    let mut all: Vec<Ns> = ended.log.iter().filter_map(of).collect();
    assert!(all.len() > 20, "{} wake-ups", all.len());
    all.sort_unstable();
    all
}

/// The median of what is sorted.
pub fn median(sorted: &[Ns]) -> Ns {
    sorted[sorted.len() / 2]
}

/// A time for which a vCPU had a CPU.
#[derive(Clone, Copy, Debug)]
pub struct Stint {
    pub vcpu: u32,
    pub cpu: CpuId,
    pub from: Ns,
    pub to: Ns,
}

impl Stint {
    pub fn ns(&self) -> Ns {
        self.to - self.from
    }
}

/// The stints that ended, in the order of their ends.
pub fn stints(ended: &Ended) -> Vec<Stint> {
    let (mut all, mut open) = (Vec::new(), Vec::<Stint>::new());
    for logged in &ended.log {
        let at = logged.at;
        let ends: Box<dyn Fn(&Stint) -> bool> = match logged.entry {
            Entry::Runs(_, cpu) => Box::new(move |stint| stint.cpu == cpu),
            Entry::Preempted(VcpuId(vcpu), _) | Entry::Halts(VcpuId(vcpu)) => {
                Box::new(move |stint| stint.vcpu == vcpu)
            }
            _ => continue,
        };
        let closed = open.iter().filter(|stint| ends(stint));
        // It may lose its CPU again before the switch to it is over.
        let to = |stint: &Stint| at.max(stint.from);
        all.extend(closed.map(|stint| Stint {
            to: to(stint),
            ..*stint
        }));
        open.retain(|stint| !ends(stint));
        if let Entry::Runs(VcpuId(vcpu), cpu) = logged.entry {
            let (from, to) = (at, at);
            open.push(Stint {
                vcpu,
                cpu,
                from,
                to,
            });
        }
    }
    assert!(all.len() > 20, "{} stints", all.len());
    all
}

/// Asserts that a vCPU had so much of a second, up to `off` (1 is all).
#[track_caller]
pub fn assert_share(ended: &Ended, vcpu: usize, share: f64, off: f64) {
    let had = ended.cpu_time[vcpu] as f64 / ended.at as f64;
    let all = &ended.cpu_time;
    assert!(
        (had - share).abs() <= off * share,
        "vCPU {vcpu} had {had} instead of {share}: {all:?}"
    );
}
