// SPDX-License-Identifier: GPL-2.0

//! Tests of every lock, counter, policy and bottleneck on one vCPU, on two and on all.

mod bottlenecks;
mod bursts;
mod counters;
pub mod expect;
pub mod jobs;
mod locks;
mod primitives;
mod readers;
mod steps;
mod trials;

use crate::suite::Test;

pub fn tests() -> Vec<Test> {
    let groups = [
        locks::tests(),
        readers::tests(),
        primitives::tests(),
        steps::tests(),
        trials::tests(),
        counters::tests(),
        bursts::tests(),
        jobs::tests(),
        bottlenecks::tests(),
    ];
    groups.into_iter().flatten().collect()
}
