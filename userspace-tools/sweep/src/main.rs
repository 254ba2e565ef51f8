// SPDX-License-Identifier: GPL-2.0

//! See Cargo.toml.

fn main() {}
