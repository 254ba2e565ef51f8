// SPDX-License-Identifier: GPL-2.0

//! Plain tables: a head with a line under it, and rows without borders.

use comfy_table::{presets, Row, Table, TableComponent};

/// A table of these columns and rows.
pub fn plain<R: Into<Row>>(head: impl Into<Row>, rows: impl IntoIterator<Item = R>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(TableComponent::HeaderLines, '-');
    table.set_header(head);
    table.add_rows(rows);
    table
}
