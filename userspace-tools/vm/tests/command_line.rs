// SPDX-License-Identifier: GPL-2.0

//! Command line of `vm`, without booting.

use std::fs;
use std::path::Path;
use std::process::Command;

use dir_owner::Owner;

/// Exit code, standard output and standard error of `vm run OPTIONS -- true`.
fn vm(options: &str) -> (Option<i32>, String, String) {
    let options = options.split(' ').filter(|word| !word.is_empty());
    run(["run"].into_iter().chain(options).chain(["--", "true"]))
}

fn run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> (Option<i32>, String, String) {
    let vm = Command::new(env!("CARGO_BIN_EXE_vm"))
        .args(arguments)
        .env("SLOWPATH_IMAGE", "/nonexistent")
        .env("SLOWPATH_IMAGE_XEN", "/nonexistent")
        .output()
        .expect("vm runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (vm.status.code(), text(&vm.stdout), text(&vm.stderr))
}

#[test]
fn print_shows_both_tiers_of_auto() {
    let (code, lines, messages) = vm("--vcpus 8 --cpus 0-1 --print");
    assert_eq!(code, Some(0), "{messages}");
    let kvm = lines.find("-accel kvm").expect("KVM's line");
    let tcg = lines.find("thread=multi").expect("TCG's line");
    assert!(kvm < tcg, "in the order in which auto tries them");
    assert!(lines.contains("# kvm\ntaskset -c 0-1 setpriv --pdeathsig KILL qemu-system-x86_64"));
    assert!(lines.contains("-kernel /nonexistent/vmlinux "), "{lines}");
}

#[test]
fn print_of_one_tier_shows_only_that_one() {
    for (tier, word, other) in [
        ("kvm", "-accel kvm ", "tcg,thread"),
        ("tcg", "'tcg,thread=multi'", "-accel kvm"),
    ] {
        let (_, lines, _) = vm(&format!("--tier {tier} --print"));
        assert!(lines.contains(word) && !lines.contains(other), "{lines}");
    }
}

#[test]
fn usage_errors_exit_2_and_name_the_value() {
    for (options, word) in [
        ("--vcpus 0", "'0'"),
        ("--vcpus 4097", "'4097'"),
        ("--cpus 1-0", "1-0"),
        (
            "--tier qemu",
            "[possible values: auto, kvm, tcg, nested, count, xen, sim]",
        ),
        ("--slice-us 99", "99 is not in 100..=100000"),
        ("--slice-us 100001", "not in 100..=100000"),
        ("--timeout 0", "'0'"),
        ("--mode xen", "values: pv, native, tas, dedicated, single]"),
        ("--preempt me", "[possible values: holder, waiter, random]"),
        ("--ratio 1,2", "'1,2'"),
        ("--ratio 0", "'0'"),
        ("--guests 1", "'1'"),
        ("--hog x", "`x`"),
        ("--emulated-cpus 5", "'5'"),
        ("--cpus 0-4294967295", "`4294967295`"),
        ("--memory 0", "'0'"),
        ("--numa 9", "(nodes=9; allowed: 1..=8)"),
        ("--numa 2,distance=10", "(distance=10; allowed: 11..=254)"),
        ("--numa 2,memoryless=2", "(memoryless=2; allowed: 0..=1)"),
        ("--numa 2,far=1", "no such key (far;"),
        ("--no-modules --module x", "cannot be used with"),
    ] {
        let (code, _, messages) = vm(options);
        assert_eq!(code, Some(2), "{options}");
        assert!(messages.contains(word), "{messages}");
    }
    for arguments in [&["run"][..], &["run", "--"]] {
        let (code, _, messages) = run(arguments.iter().copied());
        assert_eq!(code, Some(2));
        assert!(messages.contains("<COMMAND>"), "{messages}");
    }
}

#[test]
fn each_mode_shows_in_the_command_line_of_the_guest() {
    const PV: &str = "+kvm-pv-unhalt,+kvm-pv-sched-yield";
    const DEDICATED: &str = "+kvm-pv-unhalt,+kvm-hint-dedicated";
    for (mode, features, rest) in [
        ("pv", PV, "' -smp 2 "),
        ("native", PV, " nopvspin'"),
        ("tas", "-kvm-pv-unhalt", "' -smp 2 "),
        ("dedicated", DEDICATED, "' -smp 2 "),
        ("single", PV, "' -smp 1 "),
    ] {
        let (_, lines, _) = vm(&format!("--tier nested --mode {mode} --print"));
        let (_, guest) = lines.split_once("# inside L1\n").expect("two machines");
        let model = guest.find(&format!("-cpu 'kvm64,-pmu,-mtrr,-pat,{features}'"));
        assert!(guest[model.expect(&lines)..].contains(rest), "{lines}");
    }
}

#[test]
fn vcpus_ratio_and_emulated_cpus_give_the_size_of_each_machine() {
    for line in "\
        --ratio 4 --cpus 0-1 => taskset -c 0-1 | -smp 8
        --ratio 4 --cpus 0-1 --vcpus 4 => taskset -c 0 | -smp 4
        --tier nested --emulated-cpus 2 --vcpus 4 => -cpu max -smp 2 | -smp 4
        --tier nested --emulated-cpus 2 --ratio 2 => -cpu max -smp 2 | -smp 4
        --tier nested --emulated-cpus 2 --ratio 4 --vcpus 4 => -cpu max -smp 1 | -smp 4
        --tier xen --emulated-cpus 2 --ratio 4 => -cpu max -smp 8 | maxcpus=2"
        .lines()
    {
        let (options, words) = line.trim().split_once(" => ").expect("options and words");
        let (first, second) = words.split_once(" | ").expect("two machines");
        let (_, lines, _) = vm(&format!("{options} --print"));
        let (_, rest) = lines.split_once(&format!("{first} ")).expect(first);
        assert!(rest.contains(&format!(" {second} ")), "{lines}");
    }
}

#[test]
fn what_the_host_does_not_have_exits_240_and_is_named() {
    for (options, words) in [
        ("", ["/nonexistent/", "make image"]),
        (
            "--tier count --slice-us 4000",
            ["cannot use --slice-us: one thread", "--tier tcg"],
        ),
        ("--cpus 0,1023", ["CPU 1023", "allowed: 0"]),
        ("--vcpus 256", ["256 vCPUs", "1..=255"]),
        ("--seed 1", ["cannot use --seed: nothing", "--tier sim"]),
        (
            "--tier sim --cpus 4-5 --hog 0",
            ["--hog: CPU 0 is not sim", "4-5"],
        ),
        ("--tier sim --guests 2", ["one guest alone", "--tier tcg"]),
        (
            "--tier sim --preempt holder",
            ["policy alone", "--tier tcg"],
        ),
        ("--tier sim --kernel-arg quiet", ["no kernel", "--tier tcg"]),
        ("--tier sim --image x", ["nothing is booted", "--tier tcg"]),
        (
            "--tier sim --mode native",
            ["allowed: pv tas", "--tier nested"],
        ),
        ("--tier sim --costs a/b", ["costs `a/b`", "allowed: a name"]),
        ("--tier sim", ["cannot simulate `true`", "--tier tcg"]),
        ("--cpus 0 --ratio 2 --vcpus 3", ["need 1.5 CPUs", "--ratio"]),
        (
            "--vcpus 1 --memory 128",
            ["1 vCPUs with 128", "193 or more"],
        ),
        ("--vcpus 64 --memory 255", ["64 vCPUs", "--memory 256"]),
        ("--tier tcg --hog 1023", ["--hog: CPU 1023", "allowed: 0"]),
        ("--tier count --ratio 2", ["one thread runs", "--vcpus"]),
        (
            "--tier count --hog 0",
            ["no time in the guest", "--tier tcg"],
        ),
        (
            "--tier count --preempt holder",
            ["guest's clock", "--tier tcg"],
        ),
        (
            "--tier count --guests 2",
            ["clock is its own", "--tier tcg"],
        ),
        ("--tier xen", ["/nonexistent/", "make image-xen"]),
        (
            "--tier xen --preempt holder",
            ["stops Xen, and with it all vCPUs", "--tier nested"],
        ),
        (
            "--tier xen --hog 0",
            ["of all vCPUs alike", "--tier nested"],
        ),
        (
            "--tier xen --slice-us 4000",
            ["Xen's scheduler", "--tier nested"],
        ),
        (
            "--tier xen --guests 2",
            ["a Xen of its own", "--tier nested"],
        ),
        (
            "--vcpus 3 --numa 2",
            [
                "--numa 2: the vCPUs do not split",
                "(3; allowed: multiples of 2)",
            ],
        ),
        (
            "--vcpus 8 --memory 256 --numa 8",
            ["too little memory of 256 MiB", "512 or more"],
        ),
        (
            "--tier xen --numa 2",
            ["cannot use --numa: Xen shows", "--tier nested"],
        ),
        (
            "--tier sim --numa 2,distance=40",
            ["--costs state the distance", "--numa 2"],
        ),
        (
            "--tier sim --cpus 0-2 --numa 2",
            ["3 CPUs; allowed: multiples of 2", "--cpus 0-3"],
        ),
        (
            "--tier tcg --hypervisor xen",
            ["cannot use --hypervisor: only KVM", "--tier nested"],
        ),
        (
            "--tier xen --hypervisor kvm",
            ["cannot use --hypervisor: only KVM", "--tier nested"],
        ),
        (
            "--tier nested --hog 1023",
            ["CPU 1023", "emulated; allowed: 0"],
        ),
    ] {
        let (code, _, messages) = vm(options);
        assert_eq!(code, Some(240), "{options}");
        let named = words.iter().all(|word| messages.contains(word));
        assert!(named, "{messages}");
    }
}

#[test]
fn input_that_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    for (path, cause) in [
        (folder.path(), "it is a directory"),
        (&fifo, "it is a FIFO"),
        (&folder.path().join("none"), "No such file"),
        (Path::new("/dev/zero"), "it is a device"),
    ] {
        let (code, _, messages) = vm(&format!("--stdin {}", path.display()));
        assert_eq!(code, Some(240), "{messages}");
        assert!(messages.contains(cause), "{messages}");
    }
}

#[test]
fn record_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let _owner = Owner::take(folder.path()).expect("an owner");
    let image = image(&folder.path().join("image"));
    let record = folder.path().to_str().expect("UTF-8");
    let arguments = ["run", "--image", &image, "--record", record, "--", "true"];
    let (code, _, messages) = run(arguments);
    assert_eq!(code, Some(240), "{messages}");
    assert!(
        messages.contains(" writes into it (allowed: a folder of its own)"),
        "{messages}"
    );
}

/// The files of an image, empty.
fn image(folder: &Path) -> String {
    fs::create_dir(folder).expect("a folder");
    for file in ["vmlinuz", "initramfs.cpio"] {
        fs::write(folder.join(file), "").expect(file);
    }
    folder.display().to_string()
}

/// The image of the checkout that this program was built in, whatever the working directory.
#[test]
fn image_is_found_beside_the_program() {
    // A link, on the file system of the program: a copy is open for writing in the children that other tests fork
    // meanwhile, and until they execute it cannot be executed (ETXTBSY).
    let checkout = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let (bin, vm) = (checkout.path().join("bin"), checkout.path().join("bin/vm"));
    fs::create_dir(&bin).expect("a folder");
    fs::hard_link(env!("CARGO_BIN_EXE_vm"), &vm).expect("a link");
    let image = image(&checkout.path().join("image"));
    let print = |vm: &Path| {
        let mut vm = Command::new(vm);
        let vm = vm.args(["run", "--print", "--", "true"]).current_dir("/");
        let output = vm.env_remove("SLOWPATH_IMAGE").output().expect("vm runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(print(&vm).contains(&format!("-kernel {image}/vmlinuz ")));
    let elsewhere = print(Path::new(env!("CARGO_BIN_EXE_vm")));
    assert!(
        elsewhere.contains("-kernel /build/image/vmlinu"),
        "{elsewhere}"
    );
}

#[test]
fn help_has_examples_and_exit_codes() {
    let (_, help, _) = run(["run", "--help"]);
    assert!(help.contains("Examples:"));
    for code in 239..=250 {
        assert!(help.contains(&code.to_string()), "{code} is not in {help}");
    }
}
