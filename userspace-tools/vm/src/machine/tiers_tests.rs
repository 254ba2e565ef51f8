// SPDX-License-Identifier: GPL-2.0

//! Whole QEMU command lines, word for word.

use clap::Parser;

use super::*;
use crate::cli::{Action, Cli};
use crate::machine::quoted as try_quoted;

/// The command lines for these options.
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

fn line(tier: Tier, options: &[&str]) -> String {
    quoted(&machines(tier, options).host)
}

#[test]
fn tcg_command_line() {
    assert_eq!(
        line(Tier::Tcg, &["--vcpus", "8", "--cpus", "0-1"]),
        "taskset -c 0-1 setpriv --pdeathsig KILL qemu-system-x86_64 \
         -name 'slowpath,debug-threads=on' -machine q35 -accel 'tcg,thread=multi' -cpu max \
         -smp 8 -m 1024 -nodefaults -no-user-config -no-reboot -display none \
         -kernel /nonexistent/image/vmlinux -initrd /nonexistent/image/initramfs.cpio \
         -append 'console=ttyS0 loglevel=5 panic=-1 nokaslr watchdog_thresh=40 \
         rcupdate.rcu_cpu_stall_timeout=84 mitigations=off no_timer_check tsc=reliable \
         random.trust_cpu=on rcupdate.rcu_expedited=1 cryptomgr.notests \
         initcall_blacklist=load_system_certificate_list 8250.nr_uarts=1 lpj=10000000 maxcpus=2 \
         slowpath.nonce=8f00 word' -chardev 'file,id=console,path=/record,,1/console.log' \
         -serial chardev:console -qmp 'unix:/private/qmp,server=off' \
         -chardev 'socket,id=control,path=/private/control,server=off' \
         -device virtio-serial-pci \
         -device 'virtserialport,chardev=control,id=control,name=slowpath.control'"
    );
}

#[test]
fn kvm_command_line() {
    assert_eq!(
        line(Tier::Kvm, &["--vcpus", "2", "--cpus", "0-3"]),
        "taskset -c 0-3 setpriv --pdeathsig KILL qemu-system-x86_64 \
         -name 'slowpath,debug-threads=on' -machine q35 -accel kvm -cpu 'host,+kvm-pv-unhalt,+kvm-pv-sched-yield' \
         -smp 2 -m 1024 -nodefaults -no-user-config -no-reboot -display none \
         -kernel /nonexistent/image/vmlinuz -initrd /nonexistent/image/initramfs.cpio \
         -append 'console=ttyS0 loglevel=5 panic=-1 nokaslr watchdog_thresh=10 \
         rcupdate.rcu_cpu_stall_timeout=21 slowpath.nonce=8f00 word' \
         -chardev 'file,id=console,path=/record,,1/console.log' -serial chardev:console \
         -qmp 'unix:/private/qmp,server=off' \
         -chardev 'socket,id=control,path=/private/control,server=off' \
         -device virtio-serial-pci \
         -device 'virtserialport,chardev=control,id=control,name=slowpath.control'"
    );
}

#[test]
fn nested_command_lines() {
    let machines = machines(Tier::Nested, &["--vcpus", "4", "--cpus", "1"]);
    assert_eq!(
        quoted(&machines.host),
        "taskset -c 1 setpriv --pdeathsig KILL qemu-system-x86_64 \
         -name 'slowpath,debug-threads=on' -machine q35 -accel 'tcg,thread=multi' -cpu max \
         -smp 1 -m 1792 -nodefaults -no-user-config -no-reboot -display none \
         -kernel /nonexistent/image/vmlinux -initrd /nonexistent/image/l1.cpio \
         -append 'console=ttyS0 loglevel=5 panic=-1 nokaslr watchdog_thresh=10 \
         rcupdate.rcu_cpu_stall_timeout=21 mitigations=off no_timer_check tsc=reliable \
         random.trust_cpu=on rcupdate.rcu_expedited=1 cryptomgr.notests \
         initcall_blacklist=load_system_certificate_list 8250.nr_uarts=1 lpj=10000000 maxcpus=2 \
         slowpath.nonce=8f00' -chardev 'file,id=console,path=/record,,1/l1.log' \
         -serial chardev:console -qmp 'unix:/private/qmp,server=off' \
         -chardev 'socket,id=l1,path=/private/l1,server=off' \
         -chardev 'socket,id=guest,path=/private/control,server=off' \
         -chardev 'socket,id=monitor,path=/private/guest-qmp,server=off' \
         -chardev 'file,id=output,path=/record,,1/console.log' \
         -device virtio-serial-pci \
         -device 'virtserialport,chardev=l1,id=l1,name=slowpath.control' \
         -device 'virtserialport,chardev=guest,id=guest,name=slowpath.guest' \
         -device 'virtserialport,chardev=monitor,id=monitor,name=slowpath.monitor' \
         -device 'virtserialport,chardev=output,id=output,name=slowpath.console'"
    );
    assert_eq!(
        quoted(&machines.l1.expect("a guest within")),
        "qemu-system-x86_64 -name 'slowpath,debug-threads=on' -machine q35 -accel kvm \
         -cpu 'kvm64,-pmu,+kvm-pv-unhalt,+kvm-pv-sched-yield' -smp 4 -m 1024 -nodefaults -no-user-config -no-reboot \
         -display none -kernel /guest/vmlinux -initrd /guest/initramfs.cpio \
         -append 'console=ttyS0 loglevel=5 panic=-1 nokaslr watchdog_thresh=40 \
         rcupdate.rcu_cpu_stall_timeout=84 mitigations=off no_timer_check tsc=reliable \
         random.trust_cpu=on rcupdate.rcu_expedited=1 cryptomgr.notests \
         initcall_blacklist=load_system_certificate_list 8250.nr_uarts=1 lpj=10000000 maxcpus=1 \
         pci=lastbus=0 \
         slowpath.nonce=8f00 word' -chardev 'file,id=console,path=/dev/vport0p4' \
         -serial chardev:console -chardev 'pipe,id=monitor,path=/dev/vport0p3' \
         -mon 'chardev=monitor,mode=control' -chardev 'pipe,id=control,path=/dev/vport0p2' \
         -device virtio-serial-pci \
         -device 'virtserialport,chardev=control,id=control,name=slowpath.control'"
    );
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
    let words = "vm run --tier nested --vcpus 4 --hog 0 --preempt waiter -- true";
    let words = words.split(' ').collect();
    let command = l1_command(&plan(words), &["qemu".into()]).expect("a command");
    let [l1, orders, qemu] = command.as_slice() else {
        panic!("{command:?}")
    };
    assert_eq!((l1.as_str(), qemu.as_str()), ("l1", "qemu"));
    let orders: L1Orders = serde_json::from_str(orders).expect("orders");
    assert_eq!(orders.vcpus, 4);
    assert_eq!(orders.hog.as_deref(), Some("0"));
    assert_eq!(orders.preempt.as_deref(), Some(Path::new("/tmp/preempt")));
    assert_eq!(orders.ports.len(), 3);
}

#[test]
fn watchdog_limits_stay_within_the_range_of_the_kernel() {
    let line = line(Tier::Tcg, &["--vcpus", "64", "--cpus", "0"]);
    assert!(line.contains("watchdog_thresh=60 "), "{line}");
    assert!(line.contains("rcu_cpu_stall_timeout=300 "), "{line}");
}
