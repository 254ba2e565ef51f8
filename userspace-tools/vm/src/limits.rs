// SPDX-License-Identifier: GPL-2.0

//! Policy of `vm`: time limits, retries, buffer sizes.

use std::fs;
use std::time::Duration;

use vm_record::{GuestOutcome, Tier, TierChoice};

use crate::plan::Plan;

/// How often a guest that was lost to the emulator is booted again.
pub const RETRIES: usize = 2;
/// The same for a hang or a stall in the nested tier: the first may be the emulator's fault.
const NESTED_HANG_RETRIES: usize = 1;

/// How often the console is read and the limits are checked.
pub const TICK: Duration = Duration::from_millis(100);
/// How long after the end of QEMU its sockets may take to deliver their last bytes.
pub const SOCKET_DRAIN: Duration = Duration::from_millis(500);
/// How long a killed QEMU may take to end.
pub const REAP: Duration = Duration::from_secs(5);
/// How long the end of a guest may take after a signal to `vm`.
pub const SIGNAL_EXIT: Duration = Duration::from_secs(3);
/// Age from which another run's socket folder without an owner is removed.
pub const ABANDONED_FOLDER_AGE: Duration = Duration::from_secs(60);

/// Events in flight between the threads that receive them and the one that decides.
pub const EVENT_QUEUE: usize = 256;
/// Output that is held until the outcome is known; what exceeds it is passed on.
pub const HELD_OUTPUT_BYTES: usize = 64 << 20;
/// Console lines that are kept.
pub const CONSOLE_LINES: usize = 200;
/// Console findings that are kept: the first ones explain most.
pub const CONSOLE_FINDINGS: usize = 20;
/// Lines of the guest's console that are shown if the guest fails, of L1's, and of QEMU's log.
pub const TAIL_LINES: [usize; 3] = [20, 8, 4];
/// Lines of a console that are shown from its first finding on: an oops with its registers and its trace.
pub const REPORT_LINES: usize = 64;

/// Seconds from QEMU's start to the hello, by tier; the last is for KVM in `--tier auto`, since a KVM that
/// works boots in a second or two.
const HELLO_S: f64 = 20.0;
const HELLO_NESTED_S: f64 = 90.0;
const HELLO_KVM_PROBE_S: f64 = 8.0;
const HELLO_COUNT_S: f64 = 90.0;
/// The least factor of the second level of overcommit in the nested tier.
const MIN_NESTED_SCALE: f64 = 4.0;

#[derive(Clone, Debug)]
pub struct Limits {
    /// From QEMU's start to the hello.
    pub hello: Duration,
    /// Without a heartbeat.
    pub silence: Duration,
    /// From the exit status to the end of QEMU.
    pub power_off: Duration,
    /// From a broken channel to the end of QEMU.
    pub broken_channel: Duration,
    /// From an oops to the end of the command.
    pub after_oops: Duration,
    pub command: Duration,
}

impl Limits {
    /// The limits on this tier. They grow with the overcommit ratio and with the load of the host: each vCPU
    /// gets that much less of a CPU.
    pub fn new(plan: &Plan, tier: Tier) -> Limits {
        let options = &plan.options;
        let threads = match tier {
            Tier::Nested | Tier::Xen => plan.emulated_cpus,
            Tier::Kvm | Tier::Tcg => plan.vcpus,
            Tier::Count | Tier::Sim => 1,
        };
        let scale = ((threads as f64 + load_average()) / plan.cpus.count() as f64).max(1.0);
        let hello = match tier {
            Tier::Nested | Tier::Xen => HELLO_NESTED_S,
            Tier::Kvm if options.tier == TierChoice::Auto => HELLO_KVM_PROBE_S,
            Tier::Kvm | Tier::Tcg | Tier::Sim => HELLO_S,
            Tier::Count => HELLO_COUNT_S,
        };
        let hello = Duration::from_secs_f64(hello * scale);
        let scale = match tier {
            // Two levels of overcommit multiply.
            Tier::Nested | Tier::Xen => scale * plan.ratio(tier).max(MIN_NESTED_SCALE),
            Tier::Kvm | Tier::Tcg | Tier::Count | Tier::Sim => scale,
        };
        let scaled = |seconds: u64| Duration::from_secs(seconds).mul_f64(scale);
        let given = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        Limits {
            hello: given(options.boot_limit).unwrap_or(hello),
            silence: given(options.silence_limit).unwrap_or(scaled(15)),
            power_off: scaled(10),
            broken_channel: scaled(2),
            after_oops: scaled(10),
            command: Duration::from_secs(options.timeout),
        }
    }
}

/// Threads that were runnable on this host in the last minute.
fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split(' ').next().unwrap_or_default();
    first.parse().unwrap_or(0.0)
}

/// How often a guest with this outcome is booted again: where the emulator is the likely cause, not the
/// load. `output` states that the command's output was passed on; another boot would pass it on twice.
pub fn retries(outcome: &GuestOutcome, tier: Tier, output: bool) -> usize {
    use GuestOutcome as G;
    let nested = tier == Tier::Nested;
    match outcome {
        _ if nested && output => 0,
        G::HungBeforeInit { .. } | G::StalledAtBoot { .. } | G::Hung { .. } | G::Stalled { .. }
            if nested =>
        {
            NESTED_HANG_RETRIES
        }
        G::PanickedAtBoot { .. } if nested => RETRIES,
        G::HungBeforeInit { .. } | G::StalledAtBoot { .. } => RETRIES,
        G::VcpusMissing { .. } | G::L1Failed { .. } => RETRIES,
        G::ExitedSilently { .. } if !output => RETRIES,
        _ => 0,
    }
}
