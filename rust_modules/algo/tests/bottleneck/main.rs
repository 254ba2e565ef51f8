// SPDX-License-Identifier: GPL-2.0

//! Each bottleneck keeps its promises in every variant; only its speed differs.

#[path = "../support/mod.rs"]
mod support;

#[expect(unsafe_code, reason = "what is freed is a race")]
mod rcu;
