// SPDX-License-Identifier: GPL-2.0

//! Host of the nested tier's guest, inside its L1 hypervisor: runs QEMU, binds its vCPU threads to CPUs,
//! injects preemptions, and reports to `vm`.
//!
//! Standard input takes the lines [`COMMAND_STARTS`] and [`COMMAND_ENDED`]; standard output gives a
//! [`VcpuReport`] of JSON per line.

#![forbid(unsafe_code)]

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure, Context, Result};
use cpu_list::CpuList;
use hosting::{GuestHost, L1Orders, VcpuThread, COMMAND_ENDED, COMMAND_STARTS};
use vm_record::VcpuReport;

const USAGE: &str = "\
l1: runs the guest of `vm run --tier nested` inside its L1 hypervisor; of no use elsewhere.
usage: l1 ORDERS QEMU ARGUMENT…
Example: l1 '{\"vcpus\":8,\"ports\":[\"/dev/vport0p2\"]}' qemu-system-x86_64 -accel kvm …";

/// How long ports, and vCPU threads, may take to appear: longer than `vm` waits for the guest, so this limit ends
/// only an `l1` whose `vm` has ended.
const APPEARANCE_LIMIT: Duration = Duration::from_secs(3600);
/// How often they are looked for.
const POLL_PERIOD: Duration = Duration::from_millis(2);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let orders = arguments.first().map(|text| serde_json::from_str(text));
    let (Some(Ok(orders)), [_, program, line @ ..]) = (orders, arguments.as_slice()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match host(&orders, program, line) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("l1: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs QEMU to its end; gives its exit status.
fn host(orders: &L1Orders, program: &str, arguments: &[String]) -> Result<u8> {
    let cpus = CpuList::allowed()?;
    let hog = orders.hog.as_deref().map(str::parse).transpose()?;
    let delay = hosting::PORT_EXIT_DELAY_EMULATED;
    let mut host = GuestHost::new(hog, orders.preempt.as_deref(), delay)?;
    host = host.with_slice(orders.slice_us).with_kvm(true);
    for port in &orders.ports {
        wait_for(port, || Path::new(port).exists().then_some(()))?;
    }
    let mut qemu = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(io::stderr())
        .spawn()
        .with_context(|| program.to_owned())?;
    let found = wait_for("the vCPU threads", || {
        all_vcpus(&mut qemu, orders.vcpus).transpose()
    })??;
    host.place(&found, &cpus)?;
    send(&host.report())?;
    // Ends only together with L1.
    thread::spawn(move || obey(&mut host));
    let status = qemu.wait().context("waiting for QEMU")?;
    Ok(status.code().unwrap_or(1) as u8)
}

fn all_vcpus(qemu: &mut Child, vcpus: usize) -> Result<Option<Vec<VcpuThread>>> {
    if let Some(status) = qemu.try_wait()? {
        bail!("QEMU ended with {status} before its vCPUs ran");
    }
    let found = hosting::find_vcpus(qemu.id())?;
    let count = found.len();
    ensure!(count <= vcpus, "{count} vCPUs instead of {vcpus}");
    Ok((count == vcpus).then_some(found))
}

fn obey(host: &mut GuestHost) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let result = match line.as_str() {
            COMMAND_STARTS => send(&host.command_starts()),
            COMMAND_ENDED => send(&host.command_ended()),
            other => Err(anyhow::anyhow!("vm sent {other:?}")),
        };
        if let Err(error) = result {
            eprintln!("l1: {error:#}");
        }
    }
}

fn send(report: &VcpuReport) -> Result<()> {
    let line = serde_json::to_string(report)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn wait_for<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = find() {
            return Ok(found);
        }
        ensure!(
            start.elapsed() < APPEARANCE_LIMIT,
            "{what} did not appear in {APPEARANCE_LIMIT:?}"
        );
        thread::sleep(POLL_PERIOD);
    }
}
