// SPDX-License-Identifier: GPL-2.0

//! Tables and lines for the terminal.

use comfy_table::{presets, CellAlignment, Row, Table, TableComponent};

use crate::{cli::Kind, loads, profile::Profile, sample::Sample};

pub fn list() -> String {
    let mut table = new(["load", "operation, and what it contends for"]);
    for load in loads::all() {
        table.add_row([load.name, load.about]);
    }
    let mut devices = new(["with a device", "not among `all`"]);
    for load in loads::of_devices() {
        devices.add_row([load.name, load.about]);
    }
    format!("{}\n\n{}", table.trim_fmt(), devices.trim_fmt())
}

/// The parts of the CPU time, and the functions, the most frequent first.
fn profile(profile: &Profile) -> String {
    let parts = [
        ("kernel", profile.kernel),
        ("locks", profile.locks),
        ("clearing pages", profile.clearing),
    ];
    let parts = parts.map(|(name, part)| format!("{name} {:.1} %", part * 100.0));
    let mut functions: Vec<_> = profile.functions.iter().collect();
    functions.sort_by(|a, b| b.1.total_cmp(a.1));
    let functions = functions.into_iter();
    let functions = functions.map(|(name, part)| format!("\n{:6.1} % {name}", part * 100.0));
    let (samples, functions) = (profile.samples, functions.collect::<String>());
    format!("\n{} of {samples} samples{functions}", parts.join(", "))
}

pub fn one(sample: &Sample) -> String {
    let profile = sample.profile.as_ref().map_or_else(String::new, profile);
    format!(
        "{} by {} {}: {:.0} operations/s, {:.0} per CPU second, fairness {:.3}: {}{profile}",
        sample.load,
        sample.workers,
        sample.kind.name(),
        sample.per_s,
        sample.per_cpu_s,
        sample.jain,
        sample.verdict
    )
}

/// A row for each load and kind: medians by number of workers, and the last against linear scaling.
pub fn sweep(samples: &[Sample], workers: &[u32]) -> String {
    let mut header = vec!["load".to_string(), "workers are".into()];
    header.extend(workers.iter().map(|n| format!("{n}")));
    header.push("of ideal".into());
    let mut table = new(header);
    for (load, kind) in rows(samples) {
        let medians = workers.iter().map(|&n| median(samples, load, kind, n));
        let medians: Vec<Option<f64>> = medians.collect();
        let mut row = vec![load.to_string(), kind.name().into()];
        let cell = |m: &Option<f64>| m.map_or_else(|| "-".into(), |m| format!("{m:.0}"));
        row.extend(medians.iter().map(cell));
        row.push(of_ideal(workers, &medians));
        table.add_row(row);
    }
    for i in 2..workers.len() + 3 {
        if let Some(column) = table.column_mut(i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!(
        "operations per second of all workers, medians; of ideal: the last column against linear \
         scaling of the first\n\n{}",
        table.trim_fmt()
    )
}

fn new(header: impl Into<Row>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(TableComponent::HeaderLines, '-');
    table.set_header(header);
    table
}

fn rows(samples: &[Sample]) -> Vec<(&'static str, Kind)> {
    let mut rows = Vec::new();
    for sample in samples {
        if !rows.contains(&(sample.load, sample.kind)) {
            rows.push((sample.load, sample.kind));
        }
    }
    rows
}

fn median(samples: &[Sample], load: &str, kind: Kind, workers: u32) -> Option<f64> {
    let matches = |s: &&Sample| s.load == load && s.kind == kind && s.workers == workers;
    statistics::median(samples.iter().filter(matches).map(|s| s.per_s))
}

fn of_ideal(workers: &[u32], medians: &[Option<f64>]) -> String {
    let (Some(&first), Some(&last)) = (workers.first(), workers.last()) else {
        return "-".into();
    };
    match (medians.first(), medians.last()) {
        (Some(Some(one)), Some(Some(many))) if first < last => {
            let ideal = one * f64::from(last) / f64::from(first);
            format!("{:.0} %", many / ideal * 100.0)
        }
        _ => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ideal_is_against_linear_scaling() {
        assert_eq!(of_ideal(&[1, 4], &[Some(100.0), Some(300.0)]), "75 %");
        assert_eq!(of_ideal(&[2, 4], &[Some(100.0), Some(200.0)]), "100 %");
        assert_eq!(of_ideal(&[1], &[Some(100.0)]), "-");
        assert_eq!(of_ideal(&[1, 2], &[None, Some(1.0)]), "-");
    }
}
