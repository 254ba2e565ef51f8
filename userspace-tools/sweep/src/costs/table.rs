// SPDX-License-Identifier: GPL-2.0

//! Committed table of costs: a TOML file, a section for each column.

use std::{fmt::Write, fs, path::Path};

use anyhow::{anyhow, Context};
use indexmap::IndexMap;
use serde::Deserialize;

use crate::{
    judge::costs::{Measured, COLUMNS},
    store::{file, provenance::Provenance},
};

const HEAD: &str = "\
# SPDX-License-Identifier: GPL-2.0

# Instructions of each fast path, without its loop; `make check` compares. To renew it:
#   scripts/toolbox sweep costs --write
";

/// The table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The guest's kernel, whose locks and counters are in the table.
    pub kernel: String,
    /// The version of QEMU, which counts.
    pub qemu: String,
    pub columns: IndexMap<String, IndexMap<String, f64>>,
}

impl Table {
    /// The table of a result; refuses one in which a cost is missing.
    pub fn new(measured: &Measured, provenance: &Provenance) -> anyhow::Result<Self> {
        let mut columns = IndexMap::new();
        for column in &COLUMNS {
            let row = |name: &str| {
                let cost = measured.cost(column, name).ok_or_else(|| {
                    anyhow!(
                        "cannot renew the table: {} of {name} is not measured",
                        column.name
                    )
                })?;
                anyhow::Ok((name.to_string(), (cost * 10.0).round() / 10.0))
            };
            let rows: IndexMap<_, _> = measured.rows(column).map(row).collect::<Result<_, _>>()?;
            columns.insert(column.name.to_string(), rows);
        }
        Ok(Self {
            kernel: provenance.kernel().into(),
            qemu: provenance.qemu().into(),
            columns,
        })
    }

    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let what = || format!("cannot read {}", path.display());
        let text = fs::read_to_string(path).with_context(what)?;
        Self::parse(&text).with_context(what)
    }

    pub fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(toml::from_str(text)?)
    }

    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        file::write(path, &self.text())
    }

    pub fn text(&self) -> String {
        let mut text = format!(
            "{HEAD}\nkernel = {:?}\nqemu = {:?}\n",
            self.kernel, self.qemu
        );
        for (column, rows) in &self.columns {
            let _ = write!(text, "\n[columns.{column}]\n");
            for (name, cost) in rows {
                let _ = writeln!(text, "{name:?} = {cost:.1}");
            }
        }
        text
    }

    pub fn cost(&self, column: &str, row: &str) -> Option<f64> {
        self.columns.get(column)?.get(row).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_reads_back_as_written() {
        let text = "kernel = \"7\"\nqemu = \"11\"\n[columns.hand-over]\n\"mcs/spin\" = 12.5\n";
        let table = Table::parse(text).unwrap();
        assert_eq!(table.cost("hand-over", "mcs/spin"), Some(12.5));
        assert_eq!(table.cost("hand-over", "tas"), None);
        let again = Table::parse(&table.text()).unwrap();
        assert_eq!(again.columns, table.columns);
    }

    #[test]
    fn table_rejects_an_unknown_key() {
        let text = "kernel = \"7\"\nqemu = \"11\"\nx = 1\n[columns]\n";
        assert!(Table::parse(text).is_err());
    }
}
