// SPDX-License-Identifier: GPL-2.0

//! Guests of Xen: KVM's emulation of it in the tier nested, and Xen itself, whose image is that of
//! `SLOWPATH_IMAGE_XEN` (else `build/image-xen`). The names of those that need it begin with `real_xen`.

use std::path::PathBuf;

use serde_json::Value;

use crate::boot::{Guest, Run};

/// What a guest in mode pv reports: its own lock, the hypervisor that its module sees, and the way to kick.
const PV: [&str; 3] = ["kernel_lock=pv-qspinlock", "mode=pv", "kick=pv_ops"];
/// Of four vCPUs on one slow CPU, one may have the shorter runs to itself, which is INCONCLUSIVE (3).
const RUN: &str = "code=3; for ms in 200 1000 5000; do [ $code != 3 ] || { \
    lock-load run --lock pv_ticket --threads 4 --run-ms $ms >/dev/null; code=$?; }; done; \
    [ $code = 0 ] && lock-load status";

fn image() -> String {
    let build = concat!(env!("CARGO_MANIFEST_DIR"), "/../../build/image-xen");
    let named = std::env::var_os("SLOWPATH_IMAGE_XEN");
    let image = named.map_or(PathBuf::from(build), PathBuf::from);
    let path = image.display().to_string();
    assert!(
        image.join("xen").is_file(),
        "no Xen in {path}. Try: make image-xen"
    );
    path
}

fn run(guest: &Guest, options: &[&str], command: &str) -> Run {
    let image = image();
    let mut all = vec!["--tier", "xen", "--image", &image, "--vcpus", "4"];
    all.extend(options);
    guest.run(&all, &["sh", "-c", command])
}

fn reports(run: &Run, words: &[&str]) {
    let text = String::from_utf8_lossy(&run.stdout);
    for word in words {
        assert!(text.contains(word), "{word}: {text}\n{}", run.stderr);
    }
}

#[test]
#[ignore = "boots a guest"]
fn nested_guest_sees_xen_as_kvm_emulates_it() {
    let guest = Guest::new();
    let options = "--tier nested --hypervisor xen --vcpus 4 --mode pv --module lock-load";
    let options: Vec<&str> = options.split(' ').collect();
    let run = guest.run(&options, &["sh", "-c", RUN]).exits(0);
    reports(&run, &PV);
    // KVM emulates no hypercall that reports how long a vCPU was runnable.
    reports(&run, &["hypervisor=xen_hvm", "lost_time=gaps"]);
    run.reports("nested (KVM's Xen emulation): 4 vCPUs");
    let record = guest.record();
    assert_eq!(record["hypervisor"], "Xen HVM 4.17");
    assert_eq!(record["hypervisor_asked"], "xen");
    assert_eq!(record["scheduler"], Value::Null);
}

#[test]
#[ignore = "boots Xen"]
fn real_xen_has_paravirt_locks_and_reports_lost_time() {
    let guest = Guest::new();
    let options = ["--mode", "pv", "--module", "lock-load"];
    let run = run(&guest, &options, &format!("{RUN}; exit 7")).exits(7);
    reports(&run, &PV);
    reports(&run, &["hypervisor=xen_pv", "lost_time=steal"]);
    // Calibrated by Xen's own clock, the delay loop was once 1 iteration long.
    let text = String::from_utf8_lossy(&run.stdout);
    let loops = text
        .split_once("loops_per_us=")
        .expect("a calibrated loop")
        .1;
    let loops: u64 = loops
        .split(' ')
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a number");
    assert!(loops > 10, "{text}");
    let record = guest.record();
    let hypervisor = record["hypervisor"].as_str().unwrap_or_default();
    assert!(hypervisor.starts_with("Xen PV 4."), "{record:#}");
    assert_eq!(record["hello"]["wrong_sums"], 0);
    let scheduler = record["scheduler"].as_str().unwrap_or_default();
    assert!(scheduler.contains("(credit2)"), "{record:#}");
    assert_eq!(
        (&record["tier"], &record["ratio"]),
        (&"xen".into(), &4.0.into())
    );
}

#[test]
#[ignore = "boots Xen"]
fn real_xen_without_paravirt_locks_queues_and_spins() {
    let guest = Guest::new();
    let options = ["--mode", "native", "--module", "lock-load"];
    let run = run(&guest, &options, RUN).exits(0);
    reports(
        &run,
        &["kernel_lock=native-qspinlock", "mode=native", "kick=ipi"],
    );
}

#[test]
#[ignore = "boots Xen"]
fn real_xen_that_loses_registers_of_the_fpu_is_refused() {
    let guest = Guest::new();
    let run = run(&guest, &["--xen-arg", "spec-ctrl=no"], "echo ran").exits(240);
    assert!(run.stdout.is_empty(), "the command ran");
    run.reports("its vCPUs lose the registers of the FPU: ");
}
