// SPDX-License-Identifier: GPL-2.0

//! Archive: a result as one file, its unpacking, and a rerun of its plan.
//!
//! A bundle is a gzipped tar of one directory. Its first file is the [`manifest`]; then follow the files that the
//! manifest names, in its order, and nothing else.

pub mod bundle;
mod claims;
mod forms;
mod manifest;
pub mod rerun;
mod unpack;
