// SPDX-License-Identifier: GPL-2.0

//! Profile of all CPUs by the kernel's software clock, as of `perf record -a -e cpu-clock`.

use std::{collections::BTreeMap, fs, time::Duration};

use anyhow::{Context, Result};
use cpu_list::CpuList;
use perf_event::{data::Record, events::Software, Builder, SampleFlag, Sampler};
use serde::Serialize;

/// Time between two samples of a CPU, unless the window is so long that the buffer would overflow.
const PERIOD: Duration = Duration::from_millis(1);
const MOST_SAMPLES: u32 = 20_000;
/// Pages of a CPU's buffer: 32,768 samples of 16 bytes.
const PAGES: usize = 128;
/// The mode of the CPU in the `misc` of a record, and its value for the kernel.
const MODE: u16 = 7;
const KERNEL: u16 = 1;
/// The functions that are listed: the most frequent ones.
const LISTED: usize = 12;

/// Functions that wait for a lock or take one.
const LOCKS: [&str; 8] = [
    "spin_lock",
    "spin_on_owner",
    "osq_lock",
    "mutex_lock",
    "rwsem_down",
    "down_read",
    "down_write",
    "queued_read_lock",
];
/// Functions that clear a page.
const CLEARING: [&str; 3] = ["clear_page", "clear_highpage", "clear_user_page"];

/// Parts of the CPU time that was not idle, 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    pub samples: u64,
    pub kernel: f64,
    pub locks: f64,
    pub clearing: f64,
    /// The kernel's functions, the most frequent ones.
    pub functions: BTreeMap<String, f64>,
}

/// Samplers, one a CPU, not yet enabled.
pub struct Profiler {
    samplers: Vec<Sampler>,
    symbols: Symbols,
}

impl Profiler {
    pub fn new(window: Duration) -> Result<Self> {
        let period = PERIOD.max(window / MOST_SAMPLES).as_nanos() as u64;
        let cpus = CpuList::allowed()?;
        let samplers = (0..cpus.count()).map(|n| sampler(cpus.round_robin(n), period));
        Ok(Self {
            samplers: samplers.collect::<Result<_>>()?,
            symbols: Symbols::read()?,
        })
    }

    pub fn begin(&mut self) -> Result<()> {
        let mut samplers = self.samplers.iter_mut();
        samplers.try_for_each(|sampler| sampler.enable().context("cannot begin to sample"))
    }

    pub fn end(mut self) -> Result<Option<Profile>> {
        let mut samples = Vec::new();
        for sampler in &mut self.samplers {
            sampler.disable().context("cannot end sampling")?;
            while let Some(record) = sampler.next_record() {
                let is_kernel = record.misc() & MODE == KERNEL;
                let parsed = record.parse_record().context("unknown record of perf")?;
                if let Record::Sample(sample) = parsed {
                    samples.push(sample.ip().filter(|_| is_kernel));
                }
            }
        }
        Ok(Profile::of(&samples, &self.symbols))
    }
}

fn sampler(cpu: usize, period: u64) -> Result<Sampler> {
    let mut event = Builder::new(Software::CPU_CLOCK);
    event.any_pid().one_cpu(cpu).include_kernel();
    event.exclude_idle(true).sample_period(period);
    event.sample(SampleFlag::IP);
    let counter = event.build().with_context(|| {
        format!(
            "cannot sample CPU {cpu}. Try: as root, or sysctl -w kernel.perf_event_paranoid=-1; or without --profile"
        )
    })?;
    counter
        .sampled(PAGES)
        .context("cannot map a buffer of samples")
}

impl Profile {
    /// Of sampled addresses, `None` outside of the kernel; nothing if there are none.
    fn of(samples: &[Option<u64>], symbols: &Symbols) -> Option<Self> {
        let all = samples.len() as f64;
        let mut functions: BTreeMap<&str, u64> = BTreeMap::new();
        for address in samples.iter().flatten() {
            *functions.entry(symbols.at(*address)).or_default() += 1;
        }
        let part_of = |names: &[&str]| {
            let those = functions
                .iter()
                .filter(|(function, _)| names.iter().any(|name| function.contains(name)));
            those.map(|(_, n)| n).sum::<u64>() as f64 / all
        };
        let (locks, clearing) = (part_of(&LOCKS), part_of(&CLEARING));
        let mut most: Vec<(&str, u64)> = functions.into_iter().collect();
        most.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        most.truncate(LISTED);
        let most = most.into_iter();
        (!samples.is_empty()).then(|| Self {
            samples: samples.len() as u64,
            kernel: samples.iter().flatten().count() as f64 / all,
            locks,
            clearing,
            functions: most
                .map(|(name, n)| (name.into(), n as f64 / all))
                .collect(),
        })
    }
}

/// The kernel's functions by address.
struct Symbols(BTreeMap<u64, String>);

impl Symbols {
    fn read() -> Result<Self> {
        let file = "/proc/kallsyms";
        Ok(Self::parse(&fs::read_to_string(file).context(file)?))
    }

    fn parse(text: &str) -> Self {
        let symbol = |line: &str| {
            let mut words = line.split_whitespace();
            let address = u64::from_str_radix(words.next()?, 16).ok()?;
            let is_text = words.next()?.eq_ignore_ascii_case("t");
            Some((address, words.next()?.to_string())).filter(|_| is_text)
        };
        Self(text.lines().filter_map(symbol).collect())
    }

    fn at(&self, address: u64) -> &str {
        let before = self.0.range(..=address).next_back();
        before.map_or("unknown", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KALLSYMS: &str =
        "0000000000001000 T _raw_spin_lock\n0000000000002000 t clear_highpages\n\
        0000000000003000 D data\n0000000000004000 T vfs_read\t[module]\n";

    #[test]
    fn parts_are_of_all_samples_that_are_not_idle() {
        let symbols = Symbols::parse(KALLSYMS);
        let samples = [Some(0x1010), Some(0x2000), Some(0x4f00), None];
        let profile = Profile::of(&samples, &symbols).unwrap();
        assert_eq!((profile.samples, profile.kernel), (4, 0.75));
        assert_eq!((profile.locks, profile.clearing), (0.25, 0.25));
        assert_eq!(profile.functions["vfs_read"], 0.25);
        assert_eq!(Profile::of(&[], &symbols), None);
    }

    #[test]
    fn function_is_the_one_that_begins_before_the_address() {
        let symbols = Symbols::parse(KALLSYMS);
        let found = [0xfff, 0x1000, 0x1fff, 0x3500].map(|address| symbols.at(address));
        let due = [
            "unknown",
            "_raw_spin_lock",
            "_raw_spin_lock",
            "clear_highpages",
        ];
        assert_eq!(found, due);
    }
}
