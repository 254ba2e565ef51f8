// SPDX-License-Identifier: GPL-2.0

//! The result directory: its files, records, provenance and host samples.

pub mod build;
pub mod check;
pub mod directory;
pub mod environment;
pub mod file;
pub mod host;
pub mod loaded;
pub mod machine;
pub mod notes;
pub mod origin;
pub mod provenance;
pub mod record;
pub mod runs;
pub mod sha256;
pub mod slice;
pub mod times;
pub mod toolbox;
