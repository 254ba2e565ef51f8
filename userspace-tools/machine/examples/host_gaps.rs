// SPDX-License-Identifier: GPL-2.0

//! Measures how this host schedules threads that always use their CPU, beside what the simulated EEVDF does.
//!
//! ```text
//! cargo run --release -p machine --example host_gaps -- [THREADS [SECONDS]] > FILE
//! ```
//!
//! Thread n is pinned to CPU n mod 2 and reads the clock in a loop. It prints lengths of runs, and of gaps
//! between them, as JSON. Measure on a host that does nothing else: its load is part of the output.

use std::{fs, io, process::Command, sync::Barrier, thread, time::Instant};

use machine::Ns;
use rustix::{
    thread::{sched_setaffinity, CpuSet},
    time::{clock_getres, ClockId},
};

use self::gaps::{Gaps, Measurement, Observed};

#[path = "../tests/gaps/mod.rs"]
mod gaps;

const CPUS: u32 = 2;

fn main() -> io::Result<()> {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse());
    let (Ok(threads), Ok(seconds)) = (
        numbers.next().unwrap_or(Ok(4)),
        numbers.next().unwrap_or(Ok(2)),
    ) else {
        return Err(io::Error::other(
            "cannot read the arguments. Try: host_gaps 4 2",
        ));
    };
    let (tick, load) = (tick(), load()?);
    let (slice, is_read) = base_slice()?;
    let simulated = gaps::simulate(threads as u32, CPUS, seconds, slice, tick);
    let all = Measurement {
        host: read("/proc/sys/kernel/hostname")?,
        date: date()?,
        kernel: read("/proc/sys/kernel/osrelease")?,
        load,
        tick_ns: tick,
        base_slice_ns: slice,
        base_slice_is_read: is_read,
        threads: threads as u32,
        cpus: CPUS,
        seconds,
        measured: enough(measure(threads as u32, seconds)?)?,
        simulated: enough(simulated)?,
    };
    println!("{}", serde_json::to_string_pretty(&all)?);
    Ok(())
}

fn enough(gaps: Option<Gaps>) -> io::Result<Gaps> {
    gaps.ok_or_else(|| {
        io::Error::other("cannot compute quantiles: too few gaps. Try: more threads, or seconds")
    })
}

/// Has so many threads watch the clock for so long.
fn measure(threads: u32, seconds: u64) -> io::Result<Option<Gaps>> {
    let (start, end) = (Barrier::new(threads as usize), seconds * 1_000_000_000);
    let watch = |thread: u32| {
        let mut cpus = CpuSet::new();
        cpus.set((thread % CPUS) as usize);
        let pinned = sched_setaffinity(None, &cpus);
        start.wait();
        let began = Instant::now();
        let clock = || began.elapsed().as_nanos() as Ns;
        pinned.map(|()| Observed::watch(end, clock))
    };
    let mut all = Observed::default();
    thread::scope(|scope| {
        let watch = &watch;
        let threads: Vec<_> = (0..threads)
            .map(|n| scope.spawn(move || watch(n)))
            .collect();
        threads.into_iter().try_for_each(|thread| {
            let observed = thread
                .join()
                .map_err(|_| io::Error::other("a thread panicked"))?;
            all.add(observed?);
            Ok::<_, io::Error>(())
        })
    })?;
    Ok(all.quantiles())
}

/// The coarse clock advances at the tick.
fn tick() -> Ns {
    clock_getres(ClockId::MonotonicCoarse).tv_nsec as Ns
}

/// Returns the base slice, and whether debugfs said so; else the default since Linux 6.15: 0.7 ms times
/// 1 + log2 of the CPUs, of which 8 count at most.
fn base_slice() -> io::Result<(Ns, bool)> {
    if let Ok(text) = read("/sys/kernel/debug/sched/base_slice_ns") {
        let slice = text.parse().map_err(io::Error::other)?;
        return Ok((slice, true));
    }
    let cpus = thread::available_parallelism()?.get().min(8);
    Ok((700_000 * Ns::from(1 + cpus.ilog2()), false))
}

fn load() -> io::Result<f64> {
    let text = read("/proc/loadavg")?;
    let first = text.split(' ').next().unwrap_or_default();
    first.parse().map_err(io::Error::other)
}

fn date() -> io::Result<String> {
    let output = Command::new("date").args(["-u", "+%F"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

fn read(path: &str) -> io::Result<String> {
    Ok(fs::read_to_string(path)?.trim().into())
}
