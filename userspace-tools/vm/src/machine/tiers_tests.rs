// SPDX-License-Identifier: GPL-2.0

//! Whole QEMU command lines, word for word.

use clap::Parser;

use super::*;
use crate::cli::{Action, Cli};
use crate::machine::quoted as try_quoted;

fn machines(tier: Tier, options: &[&str]) -> CommandLines {
    let mut words = vec!["vm", "run", "--image", "/nonexistent/image", "--record"];
    words.extend(["/record,1", "--kernel-arg", "word"]);
    words.extend(options);
    words.extend(["--", "true"]);
    command_lines(&plan(words), tier, Path::new("/private"), "8f00")
}

fn plan(words: Vec<&str>) -> Plan {
    let Action::Run(options) = Cli::parse_from(words).action;
    Plan::new(*options).expect("a plan")
}

fn quoted(line: &[String]) -> String {
    try_quoted(line).expect("no NUL")
}

/// Expects the command line in a file, where it is broken into lines.
#[track_caller]
fn assert_line(line: &[String], expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).collect();
    assert_eq!(quoted(line), expected.join(" "));
}

#[test]
fn each_tier_has_its_command_lines() {
    let tcg = machines(Tier::Tcg, &["--vcpus", "8", "--cpus", "0-1"]);
    assert_line(&tcg.host, include_str!("command_lines/tcg.txt"));
    let count = ["--vcpus", "4", "--cpus", "0-1", "--tier", "count"];
    let count = machines(Tier::Count, &count);
    assert_line(&count.host, include_str!("command_lines/count.txt"));
    let kvm = machines(Tier::Kvm, &["--vcpus", "2", "--cpus", "0-3"]);
    assert_line(&kvm.host, include_str!("command_lines/kvm.txt"));
    let nested = machines(Tier::Nested, &["--vcpus", "4", "--cpus", "1"]);
    assert_line(&nested.host, include_str!("command_lines/l1.txt"));
    let guest = nested.l1.expect("a guest within");
    assert_line(&guest, include_str!("command_lines/nested.txt"));
    let xen = ["--tier", "xen", "--vcpus", "8", "--cpus", "0-1"];
    let xen = machines(Tier::Xen, &xen);
    assert_line(&xen.host, include_str!("command_lines/xen.txt"));
}

#[test]
fn nested_guest_of_xen_has_kvms_emulation_of_it() {
    let options = ["--tier", "nested", "--hypervisor", "xen", "--vcpus", "8"];
    let guest = machines(Tier::Nested, &options).l1.expect("a guest within");
    let guest = quoted(&guest);
    for words in [
        "-accel 'kvm,xen-version=0x40011,kernel-irqchip=split'",
        "-cpu 'kvm64,-pmu,-mtrr,-pat,kvm=off,+xen-vapic'",
    ] {
        assert!(guest.contains(words), "{guest}");
    }
}

#[test]
fn debug_port_exists_only_for_preemption_and_connects_to_the_guests_host() {
    let options = ["--vcpus", "2", "--preempt", "holder"];
    for (tier, path) in [
        (Tier::Tcg, "/private/preempt"),
        (Tier::Kvm, "/private/preempt"),
        (Tier::Nested, "/tmp/preempt"),
    ] {
        let port = format!(
            "-chardev 'socket,id=preempt,path={path},server=off' \
             -device 'isa-debugcon,iobase=0xe9,chardev=preempt' "
        );
        let guest = |options| {
            let machines = machines(tier, options);
            quoted(&machines.l1.unwrap_or(machines.host))
        };
        assert!(guest(&options).contains(&port), "{}", guest(&options));
        assert!(!guest(&options[..2]).contains("0xe9"));
    }
    let l1 = machines(Tier::Nested, &options).host;
    assert!(!quoted(&l1).contains("0xe9"));
}

#[test]
fn l1_gets_its_orders() {
    let words = "vm run --tier nested --vcpus 4 --hog 0 --preempt waiter --slice-us 8000 -- true";
    let words = words.split(' ').collect();
    let command = l1_command(&plan(words), &["qemu".into()]).expect("a command");
    let [l1, orders, qemu] = command.as_slice() else {
        panic!("{command:?}")
    };
    assert_eq!((l1.as_str(), qemu.as_str()), ("l1", "qemu"));
    let orders: L1Orders = serde_json::from_str(orders).expect("orders");
    assert_eq!(orders.vcpus, 4);
    assert_eq!(orders.hog.as_deref(), Some("0"));
    assert_eq!(orders.slice_us, Some(8000));
    assert_eq!(orders.preempt.as_deref(), Some(Path::new("/tmp/preempt")));
    assert_eq!(orders.ports.len(), 3);
}

#[test]
fn numa_nodes_are_sockets_of_the_guest_alone() {
    let numa = ["--numa", "nodes=3,distance=40,memoryless=1"];
    let options = [&["--vcpus", "6", "--memory", "513"][..], &numa].concat();
    let words = "-smp 6,sockets=3 -m 513 -display none \
        -object memory-backend-ram,id=node0,size=257M -numa node,nodeid=0,cpus=0-1,memdev=node0 \
        -object memory-backend-ram,id=node1,size=256M -numa node,nodeid=1,cpus=2-3,memdev=node1 \
        -numa node,nodeid=2,cpus=4-5 -numa dist,src=0,dst=1,val=40 -numa dist,src=0,dst=2,val=40 \
        -numa dist,src=1,dst=2,val=40 -kernel";
    for tier in [Tier::Tcg, Tier::Kvm, Tier::Count, Tier::Nested] {
        let machines = machines(tier, &options);
        let of_l1 = machines.l1.is_some().then_some(&machines.host);
        assert!(of_l1.is_none_or(|line| !line.contains(&"-numa".to_owned())));
        let guest = machines.l1.as_ref().unwrap_or(&machines.host).join(" ");
        assert!(guest.contains(words), "{guest}");
    }
    // One node, and Linux's own distance: nothing but the table of nodes.
    let one = machines(Tier::Tcg, &["--vcpus", "2", "--numa", "1"]);
    let line = one.host.join(" ");
    assert!(
        line.contains("-smp 2,sockets=1 ") && !line.contains("dist,"),
        "{line}"
    );
}

#[test]
fn watchdog_limits_stay_within_the_range_of_the_kernel() {
    let line = quoted(&machines(Tier::Tcg, &["--vcpus", "64", "--cpus", "0"]).host);
    assert!(line.contains("watchdog_thresh=60 "), "{line}");
    assert!(line.contains("rcu_cpu_stall_timeout=300 "), "{line}");
}
