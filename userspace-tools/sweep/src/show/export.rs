// SPDX-License-Identifier: GPL-2.0

//! `sweep csv`: the runs of a result as a table for other programs, one line each.

use std::{
    collections::BTreeMap,
    io::{stdout, Write},
    path::PathBuf,
};

use anyhow::Context;

use crate::{
    console::stderr, judge::verdict::Verdict, store::directory::LATEST, store::loaded::Loaded,
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directory.
    #[arg(default_value = LATEST)]
    pub dir: PathBuf,
}

/// Its file in a bundle.
pub const FILE: &str = "runs.csv";

/// The columns that every run has.
const COLUMNS: [&str; 11] = [
    "part", "repeat", "seq", "boot", "at_ms", "module", "verdict", "value", "rate", "jain", "error",
];

/// Writes it to standard output.
pub fn csv(args: &Args) -> anyhow::Result<Verdict> {
    let loaded = Loaded::read(&args.dir)?;
    write(&loaded, stdout().lock())?;
    Ok(match &loaded.incomplete {
        None => Verdict::Pass,
        Some(why) => {
            stderr::print_line(format_args!(
                "sweep: {} is incomplete: {why}",
                args.dir.display()
            ));
            Verdict::NotMeasured
        }
    })
}

/// Writes it to `out`.
pub fn write(loaded: &Loaded, out: impl Write) -> anyhow::Result<()> {
    let mut settings = BTreeMap::new();
    for record in &loaded.records {
        settings.extend(record.settings().into_keys().map(|key| (key, ())));
    }
    let keys: Vec<String> = settings.into_keys().collect();
    let mut out = csv::Writer::from_writer(out);
    let head = COLUMNS
        .iter()
        .copied()
        .chain(keys.iter().map(String::as_str));
    out.write_record(head).context("cannot write")?;
    for record in &loaded.records {
        let mut row = vec![
            record.scenario.clone(),
            record.repeat.to_string(),
            record.run.seq.to_string(),
            record.boot.to_string(),
            record.at_ms.to_string(),
            record.run.module.clone(),
        ];
        match record.run.report() {
            None => row.push(format!("error: {}", record.run.error().unwrap_or("?"))),
            Some(report) => {
                row.push(report.verdict().name().into());
                let metric = |name| {
                    report
                        .metric(name)
                        .map(|n| n.to_string())
                        .unwrap_or_default()
                };
                row.extend(["value", "rate", "jain", "error"].map(metric));
            }
        }
        row.resize(COLUMNS.len(), String::new());
        let at = record.settings();
        row.extend(
            keys.iter()
                .map(|key| at.get(key).map_or_else(String::new, ToString::to_string)),
        );
        out.write_record(&row).context("cannot write")?;
    }
    out.flush().context("cannot write")
}
