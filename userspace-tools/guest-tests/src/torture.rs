// SPDX-License-Identifier: GPL-2.0

//! Tests of the torture options of `lock-load`: each has its effect, no lock fails under it, and
//! it ends with the run.

mod effects;
mod ends;
mod options;
mod seen;

use crate::suite::Test;

pub fn tests() -> Vec<Test> {
    let groups = [effects::tests(), options::tests(), ends::tests()];
    groups.into_iter().flatten().collect()
}
