// SPDX-License-Identifier: GPL-2.0

//! A run as a file of trace events, for Perfetto: vCPUs on CPUs, and what each vCPU does.
//!
//! The format is the JSON of "Trace Event Format"; one process has the CPUs as its threads, another the vCPUs.

use machine::{CpuId, Entry, Logged, Ns, VcpuId};
use serde::Serialize;

use crate::marks;

/// The CPUs of the host, and the vCPUs of the guest, as processes of a trace.
const HOST: u32 = 1;
const GUEST: u32 = 2;

/// A trace file.
#[derive(Serialize)]
pub struct Trace {
    #[serde(rename = "traceEvents")]
    events: Vec<Event>,
    #[serde(rename = "displayTimeUnit")]
    unit: &'static str,
}

#[derive(Serialize)]
struct Event {
    name: String,
    #[serde(rename = "ph")]
    phase: &'static str,
    /// Microseconds.
    #[serde(rename = "ts")]
    at: f64,
    #[serde(rename = "dur", skip_serializing_if = "Option::is_none")]
    length: Option<f64>,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Named>,
}

#[derive(Serialize)]
struct Named {
    name: String,
}

/// What lasts at a time: from when.
#[derive(Clone, Copy, Default)]
struct Open {
    cpu: Option<(CpuId, Ns)>,
    away: Option<Ns>,
    /// What took the CPU.
    preemption: Option<u64>,
    halted: Option<Ns>,
    waits: Option<Ns>,
    holds: Option<Ns>,
}

impl Trace {
    /// Makes a trace of a log.
    pub fn of(log: &[Logged], cpus: u32, vcpus: u32) -> Self {
        let mut trace = Self {
            events: Vec::new(),
            unit: "ns",
        };
        trace.name("process_name", HOST, 0, "CPUs of the host".into());
        trace.name("process_name", GUEST, 0, "vCPUs".into());
        (0..cpus).for_each(|cpu| trace.name("thread_name", HOST, cpu, format!("CPU {cpu}")));
        (0..vcpus).for_each(|vcpu| trace.name("thread_name", GUEST, vcpu, format!("vCPU {vcpu}")));
        // Hogs come after the guest's vCPUs.
        let all = log.iter().map(|logged| logged.entry.vcpu().0 + 1);
        let all = all.max().unwrap_or(0).max(vcpus);
        (vcpus..all).for_each(|vcpu| trace.name("thread_name", GUEST, vcpu, "CPU hog".into()));
        let mut open = vec![Open::default(); all as usize];
        for logged in log {
            trace.add(logged, &mut open);
        }
        trace
    }

    fn add(&mut self, &Logged { at, entry }: &Logged, open: &mut [Open]) {
        let of = |vcpu: VcpuId| vcpu.index();
        match entry {
            Entry::Runs(vcpu, cpu) => {
                let open = &mut open[of(vcpu)];
                let name = match open.preemption.take() {
                    Some(number) => format!("without a CPU: preemption {number}"),
                    None => "without a CPU".into(),
                };
                self.lasts(&name, open.away.take(), at, GUEST, vcpu.0);
                open.cpu = Some((cpu, at));
            }
            Entry::Preempted(vcpu, number) => {
                self.leaves_cpu(vcpu, at, open);
                open[of(vcpu)].away = Some(at);
                open[of(vcpu)].preemption = Some(number);
            }
            Entry::Halts(vcpu) => {
                self.leaves_cpu(vcpu, at, open);
                open[of(vcpu)].halted = Some(at);
            }
            Entry::Wakes(vcpu) => {
                let halted = open[of(vcpu)].halted.take();
                self.lasts("halted", halted, at, GUEST, vcpu.0);
                open[of(vcpu)].away = Some(at);
            }
            Entry::Kicks(from, to) => {
                self.happens(format!("kicks vCPU {}", to.0), at, GUEST, from.0)
            }
            Entry::Mark(vcpu, marks::COMES, _) => open[of(vcpu)].waits = Some(at),
            Entry::Mark(vcpu, marks::ENTERS, _) => {
                let waits = open[of(vcpu)].waits.take();
                self.lasts("waits", waits, at, GUEST, vcpu.0);
                open[of(vcpu)].holds = Some(at);
            }
            Entry::Mark(vcpu, ..) => {
                let holds = open[of(vcpu)].holds.take();
                self.lasts("holds", holds, at, GUEST, vcpu.0);
            }
        }
    }

    fn leaves_cpu(&mut self, vcpu: VcpuId, at: Ns, open: &mut [Open]) {
        if let Some((cpu, since)) = open[vcpu.index()].cpu.take() {
            self.lasts(&format!("vCPU {}", vcpu.0), Some(since), at, HOST, cpu.0);
        }
    }

    fn lasts(&mut self, name: &str, since: Option<Ns>, until: Ns, pid: u32, tid: u32) {
        let Some(since) = since else {
            return;
        };
        self.events.push(Event {
            name: name.into(),
            phase: "X",
            at: microseconds(since),
            length: Some(microseconds(until - since)),
            pid,
            tid,
            args: None,
        });
    }

    fn happens(&mut self, name: String, at: Ns, pid: u32, tid: u32) {
        self.events.push(Event {
            name,
            phase: "i",
            at: microseconds(at),
            length: None,
            pid,
            tid,
            args: None,
        });
    }

    fn name(&mut self, what: &str, pid: u32, tid: u32, name: String) {
        self.events.push(Event {
            name: what.into(),
            phase: "M",
            at: 0.0,
            length: None,
            pid,
            tid,
            args: Some(Named { name }),
        });
    }
}

fn microseconds(ns: Ns) -> f64 {
    ns as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_a_slice_of_its_cpu_and_its_vcpu() {
        let vcpu = VcpuId(0);
        let entries = [
            (1000, Entry::Runs(vcpu, CpuId(1))),
            (2000, Entry::Mark(vcpu, marks::COMES, 0)),
            (3000, Entry::Preempted(vcpu, 12)),
            (9000, Entry::Runs(vcpu, CpuId(0))),
            (9500, Entry::Mark(vcpu, marks::ENTERS, 0)),
            (9700, Entry::Mark(vcpu, marks::LEAVES, 0)),
        ];
        let log: Vec<Logged> = entries.map(|(at, entry)| Logged { at, entry }).into();
        let slices: Vec<_> = Trace::of(&log, 2, 1)
            .events
            .into_iter()
            .filter_map(|event| Some((event.name, event.at, event.length?, event.pid, event.tid)))
            .collect();
        let slice = |name: &str, at, length, pid, tid| (name.to_string(), at, length, pid, tid);
        assert_eq!(
            slices,
            [
                slice("vCPU 0", 1.0, 2.0, HOST, 1),
                slice("without a CPU: preemption 12", 3.0, 6.0, GUEST, 0),
                slice("waits", 2.0, 7.5, GUEST, 0),
                slice("holds", 9.5, 0.2, GUEST, 0),
            ]
        );
    }
}
