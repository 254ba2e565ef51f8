// SPDX-License-Identifier: GPL-2.0

//! Verdicts on claims for a reader without any of the tools: HTML and CSV of `evidence.json` or `seed.json`.

use std::{fs, path::Path};

use anyhow::{bail, Context};
use maud::{html, PreEscaped, DOCTYPE};
use serde_json::Value;

use crate::{show::html, store::directory};

/// Files made for a reader, each with its name and content.
pub type Files = Vec<(String, Vec<u8>)>;

/// What is shown of each claim.
const COLUMNS: [&str; 7] = [
    "place", "text", "required", "reason", "measured", "verdict", "why",
];

/// The verdict on a file of verdicts, and its forms by name; `name` is how they call it.
pub fn forms(file: &Path, name: &str) -> anyhow::Result<(String, Files)> {
    let cannot = || format!("cannot read {}", file.display());
    let dir = file.parent().context("a file has a parent")?;
    if let Some(why) = directory::incomplete(dir) {
        bail!("cannot bundle {}: it is incomplete: {why}", dir.display());
    }
    let text = fs::read_to_string(file).with_context(cannot)?;
    let json: Value = serde_json::from_str(&text).with_context(cannot)?;
    let (claims, verdict) = (json["claims"].as_array(), json["verdict"].as_str());
    let (claims, verdict) = claims.zip(verdict).with_context(cannot)?;
    let rows: Vec<[&str; 7]> = claims
        .iter()
        .map(|claim| COLUMNS.map(|column| claim[column].as_str().unwrap_or_default()))
        .collect();
    let provenance = format!("{:#}", json["provenance"]);
    let page = page(name, verdict, &rows, &provenance);
    let files = vec![
        ("claims.csv".into(), csv(&rows)?),
        (html::FILE.into(), page.into()),
    ];
    Ok((verdict.into(), files))
}

fn csv(rows: &[[&str; 7]]) -> anyhow::Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in [COLUMNS].iter().chain(rows) {
        out.write_record(row).context("cannot write CSV")?;
    }
    out.into_inner().context("cannot write CSV")
}

fn page(name: &str, verdict: &str, rows: &[[&str; 7]], provenance: &str) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (name) }
                style { (PreEscaped(html::CSS)) }
            }
            body {
                header { h1 { (name) ": " (verdict) } }
                main {
                    table.gates {
                        thead { tr { @for column in COLUMNS { th scope="col" { (column) } } } }
                        tbody { @for row in rows { tr { @for text in row { td { (text) } } } } }
                    }
                    h2 { "Provenance" }
                    pre { (provenance) }
                }
            }
        }
    };
    page.into_string()
}
