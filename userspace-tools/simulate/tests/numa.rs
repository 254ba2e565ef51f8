// SPDX-License-Identifier: GPL-2.0

//! Locks that prefer a NUMA node on a simulated machine: how often the lock moves from
//! node to node, what that is worth, and how many others a waiter is overtaken by.

use std::collections::HashMap;

use abi::lock_load::{Config, Lock};
use machine::{Entry, Logged, Ns, Plan, RoundRobin, Topology, VcpuId};
use simulate::{marks, run, Outcome};

const MS: Ns = 1_000_000;
/// vCPUs, and CPUs of two sockets, which are the nodes.
const VCPUS: u32 = 16;

/// Runs `lock` for 5 ms on two nodes, a CPU for each vCPU.
fn on_two_nodes(lock: Lock, overtakes: u32, seed: u64) -> Outcome {
    let config = Config {
        lock,
        threads: VCPUS,
        run_ms: 5,
        overtakes,
        ..Config::default()
    };
    let plan = Plan {
        topology: Topology {
            cpus: VCPUS,
            per_core: 1,
            per_socket: VCPUS / 2,
        },
        seed,
        end: 1005 * MS,
        keeps_log: true,
        ..Plan::new(VCPUS)
    };
    let outcome = run(&config, plan, Box::new(RoundRobin::new(3 * MS, seed))).unwrap();
    assert_eq!((outcome.lost_updates, outcome.stuck), (0, 0));
    outcome
}

/// Marks of that kind, in the order of time.
fn marks_of(log: &[Logged]) -> impl Iterator<Item = (VcpuId, u32)> + '_ {
    log.iter().filter_map(|logged| match logged.entry {
        Entry::Mark(vcpu, kind, _) => Some((vcpu, kind)),
        _ => None,
    })
}

/// Share of the hand-overs from one vCPU to another that go to the other node.
fn crossing(outcome: &Outcome) -> f64 {
    let entered = marks_of(&outcome.machine.log).filter(|(_, kind)| *kind == marks::ENTERS);
    let owners: Vec<u32> = entered.map(|(vcpu, _)| vcpu.0).collect();
    let hand_overs = owners.windows(2).filter(|two| two[0] != two[1]);
    let node = |vcpu: u32| vcpu / (VCPUS / 2);
    let (mut all, mut crossed) = (0, 0);
    for two in hand_overs {
        all += 1;
        crossed += u32::from(node(two[0]) != node(two[1]));
    }
    f64::from(crossed) / f64::from(all.max(1))
}

/// The most sections that began between the arrival of a thread and its own.
fn longest_wait(outcome: &Outcome) -> u32 {
    let mut waiting: HashMap<VcpuId, u32> = HashMap::new();
    let mut longest = 0;
    for (vcpu, kind) in marks_of(&outcome.machine.log) {
        match kind {
            marks::COMES => drop(waiting.insert(vcpu, 0)),
            marks::ENTERS => {
                longest = longest.max(waiting.remove(&vcpu).unwrap_or(0));
                waiting.values_mut().for_each(|others| *others += 1);
            }
            _ => {}
        }
    }
    longest
}

/// The point of both papers: the lock, and the data that it protects, stay on a node for a while. Not of
/// `cna/spin-then-halt`, whose fifteen waiters wait for longer than the threshold, and halt.
#[test]
fn locks_of_a_node_cross_nodes_less_and_are_faster() {
    let mcs = on_two_nodes(Lock::McsSpin, 1024, 1);
    println!("mcs/spin: {} sections, {:.3}", mcs.sections, crossing(&mcs));
    assert!(crossing(&mcs) > 0.3, "{}", crossing(&mcs));
    for lock in [Lock::CnaSpin, Lock::ShflNuma] {
        let one = on_two_nodes(lock, 1024, 1);
        println!(
            "{}: {} sections, {:.3}",
            lock.name(),
            one.sections,
            crossing(&one)
        );
        assert!(crossing(&one) < 0.05, "{}: {}", lock.name(), crossing(&one));
        let faster = one.sections as f64 / mcs.sections as f64;
        assert!(faster > 1.1, "{}: {faster}", lock.name());
        let again = on_two_nodes(lock, 1024, 1);
        assert_eq!(one.machine.hash, again.machine.hash, "{}", lock.name());
    }
}

/// A waiter of the other node is served after `overtakes` hand-overs past it, and those ahead of it.
#[test]
fn overtaking_is_bounded() {
    for seed in 1..=5 {
        for lock in [Lock::CnaSpin, Lock::CnaSpinThenHalt, Lock::ShflNuma] {
            let longest = |overtakes| longest_wait(&on_two_nodes(lock, overtakes, seed));
            let (fifo, ten, many) = (longest(0), longest(10), longest(1000));
            println!("{} seed {seed}: {fifo} {ten} {many}", lock.name());
            // Those ahead, the holder and one that comes at the same time.
            assert!(fifo <= VCPUS + 1, "{}: {fifo}", lock.name());
            assert!(ten <= VCPUS + 1 + 10, "{}: {ten}", lock.name());
            // Without a bound this sees it.
            assert!(many > 100, "{}: {many}", lock.name());
        }
    }
}
