// SPDX-License-Identifier: GPL-2.0

//! The result directory: its files, records, provenance and host samples.

pub mod directory;
pub mod histogram;
pub mod host;
pub mod loaded;
pub mod metric;
pub mod provenance;
pub mod record;
pub mod report;
pub mod seen;
pub mod times;
