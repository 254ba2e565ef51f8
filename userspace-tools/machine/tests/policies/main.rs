// SPDX-License-Identifier: GPL-2.0

//! Scheduling policies: who gets how much of a CPU, when, and for how long at a time.

mod boost_holder;
mod common;
mod credit2;
mod eevdf;
mod gang;
mod hogs;
mod invariants;
mod locks;
#[path = "../word/mod.rs"]
mod word;
