// SPDX-License-Identifier: GPL-2.0

//! Ratios of times per operation, repeat by repeat, since the counters ran interleaved.

use abi::sloppy_counter::{Config, Counter, Speed};
use results::{Cell, SloppyCounter};
use statistics::Sample;

/// One side of a ratio: a counter with the fewest or the most threads, and a time per operation.
#[derive(Clone, Copy)]
struct Side(Counter, Threads, fn(&Speed) -> u64);

#[derive(Clone, Copy)]
enum Threads {
    Fewest,
    Most,
}

use Counter::{Empty, Exact, PercpuCounter, Sloppy};
use Threads::{Fewest, Most};

const BEST_ADD: fn(&Speed) -> u64 = |speed| speed.best_add_ps;
const MEAN_ADD: fn(&Speed) -> u64 = |speed| speed.add_ps;
/// Of bursts that overlap another thread's: threads that share a CPU in turns share no cache line.
const SHARED_ADD: fn(&Speed) -> u64 = |speed| speed.shared_add_ps;
const BEST_READ: fn(&Speed) -> u64 = |speed| speed.best_read_ps;

/// Declares the ratios: name, meaning, and the two sides.
macro_rules! ratios {
    ($($name:literal: $meaning:literal, $of:expr, $to:expr;)*) => {
        const RATIOS: &[(&str, &str, Side, Side)] = &[$(($name, $meaning, $of, $to),)*];
    };
}

ratios! {
    "add-percpu": "sloppy / percpu_counter, quickest additions",
        Side(Sloppy, Fewest, BEST_ADD), Side(PercpuCounter, Fewest, BEST_ADD);
    "add-exact": "sloppy / exact, quickest additions",
        Side(Sloppy, Fewest, BEST_ADD), Side(Exact, Fewest, BEST_ADD);
    "add-shared": "sloppy / exact with most threads, mean additions, overlapping bursts of exact",
        Side(Sloppy, Fewest, MEAN_ADD), Side(Exact, Most, SHARED_ADD);
    "read-load": "sloppy's read / a plain load, quickest",
        Side(Sloppy, Fewest, BEST_READ), Side(Empty, Fewest, BEST_READ);
    "flat-sloppy": "sloppy with most threads / with fewest, mean additions",
        Side(Sloppy, Most, SHARED_ADD), Side(Sloppy, Fewest, MEAN_ADD);
    "flat-percpu": "percpu_counter with most threads / with fewest, mean additions",
        Side(PercpuCounter, Most, SHARED_ADD), Side(PercpuCounter, Fewest, MEAN_ADD);
    "rise-exact": "exact with most threads / with fewest, mean additions",
        Side(Exact, Most, SHARED_ADD), Side(Exact, Fewest, MEAN_ADD);
}

/// A line for each ratio whose sides were measured.
pub fn ratios(cells: &[Cell<SloppyCounter>]) -> Vec<String> {
    let threads = cells.iter().map(|cell| cell.config.threads);
    let (Some(fewest), Some(most)) = (threads.clone().min(), threads.max()) else {
        return Vec::new();
    };
    let values = |Side(counter, threads, of): Side| {
        let threads = match threads {
            Fewest => fewest,
            Most => most,
        };
        let is = |config: &Config| config.counter == counter && config.threads == threads;
        let mut mine = cells.iter().filter(|cell| is(&cell.config));
        // If several cells differ in other settings, none is chosen.
        let cell = mine.next().filter(|_| mine.next().is_none())?;
        let each = cell.runs.iter();
        let each = each.map(|run| Some(of(run.speed.as_ref()?) as f64));
        each.collect::<Option<Vec<f64>>>()
    };
    let lines = RATIOS.iter().filter_map(|(name, text, a, b)| {
        let pairs = values(*a)?.into_iter().zip(values(*b)?);
        let measured = pairs.filter(|(a, b)| *a > 0.0 && *b > 0.0);
        let sample = Sample::of(measured.map(|(a, b)| a / b))?;
        let (median, min, max, n) = (sample.median, sample.min, sample.max, sample.n);
        (fewest != most || alone(name)).then(|| {
            format!("ratio {name} = {median:.3} ({min:.3} to {max:.3}, {n} repeats): {text}")
        })
    });
    lines.collect()
}

/// Whether a ratio needs one number of threads only.
fn alone(name: &str) -> bool {
    matches!(name, "add-percpu" | "add-exact" | "read-load")
}
