// SPDX-License-Identifier: GPL-2.0

//! What one counter costs of another: in each repeat by itself, since they ran by turns.

use abi::sloppy_counter::{Counter, Speed};
use results::{Cell, SloppyCounter};
use statistics::Sample;

/// One side of a ratio: a counter with as few threads as there were, or as many.
#[derive(Clone, Copy)]
struct Side(Counter, Threads, fn(&Speed) -> u64);

#[derive(Clone, Copy)]
enum Threads {
    Fewest,
    Most,
}

use Threads::{Fewest, Most};

const BEST_ADD: fn(&Speed) -> u64 = |speed| speed.best_add_ps;
const MEAN_ADD: fn(&Speed) -> u64 = |speed| speed.add_ps;
/// Threads that take turns on a CPU share nothing: only bursts that met another's count.
const SHARED_ADD: fn(&Speed) -> u64 = |speed| speed.shared_add_ps;
const BEST_READ: fn(&Speed) -> u64 = |speed| speed.best_read_ps;

/// Name, what it says, and the two sides.
const RATIOS: [(&str, &str, Side, Side); 7] = [
    (
        "add-percpu",
        "sloppy's addition, of percpu_counter's (quickest bursts)",
        Side(Counter::Sloppy, Fewest, BEST_ADD),
        Side(Counter::PercpuCounter, Fewest, BEST_ADD),
    ),
    (
        "add-exact",
        "the same, of a lone lock add",
        Side(Counter::Sloppy, Fewest, BEST_ADD),
        Side(Counter::Exact, Fewest, BEST_ADD),
    ),
    (
        "add-shared",
        "the same, of a lock add that most threads share (means; bursts that met another's)",
        Side(Counter::Sloppy, Fewest, MEAN_ADD),
        Side(Counter::Exact, Most, SHARED_ADD),
    ),
    (
        "read-load",
        "sloppy's read, of a plain load (quickest bursts)",
        Side(Counter::Sloppy, Fewest, BEST_READ),
        Side(Counter::Empty, Fewest, BEST_READ),
    ),
    (
        "flat-sloppy",
        "sloppy's addition with most threads, of that with fewest (as before)",
        Side(Counter::Sloppy, Most, SHARED_ADD),
        Side(Counter::Sloppy, Fewest, MEAN_ADD),
    ),
    (
        "flat-percpu",
        "the same of percpu_counter",
        Side(Counter::PercpuCounter, Most, SHARED_ADD),
        Side(Counter::PercpuCounter, Fewest, MEAN_ADD),
    ),
    (
        "rise-exact",
        "the same of exact",
        Side(Counter::Exact, Most, SHARED_ADD),
        Side(Counter::Exact, Fewest, MEAN_ADD),
    ),
];

/// A line for each ratio whose sides were measured.
pub fn ratios(points: &[Cell<SloppyCounter>]) -> Vec<String> {
    let threads = points.iter().map(|point| point.config.threads);
    let (Some(fewest), Some(most)) = (threads.clone().min(), threads.max()) else {
        return Vec::new();
    };
    let values = |Side(counter, threads, of): Side| {
        let threads = match threads {
            Fewest => fewest,
            Most => most,
        };
        let is =
            |p: &&Cell<SloppyCounter>| p.config.counter == counter && p.config.threads == threads;
        let mut mine = points.iter().filter(is);
        // Of several with other settings none is meant.
        let point = mine.next().filter(|_| mine.next().is_none())?;
        let each = point
            .runs
            .iter()
            .map(|run| Some(of(run.speed.as_ref()?) as f64));
        each.collect::<Option<Vec<f64>>>()
    };
    let lines = RATIOS.iter().filter_map(|(name, text, a, b)| {
        let pairs = values(*a)?.into_iter().zip(values(*b)?);
        let measured = pairs.filter(|(a, b)| *a > 0.0 && *b > 0.0);
        let sample = Sample::of(measured.map(|(a, b)| a / b))?;
        let Sample {
            n,
            median,
            min,
            max,
            ..
        } = sample;
        (fewest != most || alone(name)).then(|| {
            format!("ratio {name} = {median:.3} ({min:.3} to {max:.3}, {n} repeats): {text}")
        })
    });
    lines.collect()
}

/// Whether a ratio says something about one number of threads.
fn alone(name: &str) -> bool {
    matches!(name, "add-percpu" | "add-exact" | "read-load")
}
