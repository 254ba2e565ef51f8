// SPDX-License-Identifier: GPL-2.0

//! Leak test: insert, start and remove a module during the run, repeatedly.

use std::{thread::sleep, time::Duration};

use abi::status::State;
use anyhow::{ensure, Context, Result};

use crate::{
    kernel_module::{be_removed, insert, remove, ALL},
    memory,
    subject::{each_subject, fresh, Subject},
    suite::{Found, Test},
    threads,
};

/// Cycles before the first measurement, in which the kernel fills its per-CPU caches of stacks and
/// slabs; a leak continues after them.
const WARM_UP: u32 = 10;

/// The tests of `unload`, with this number of cycles each.
pub fn tests(cycles: u32) -> Vec<Test> {
    each_subject!(test(cycles)).into()
}

fn test<R: Subject>(cycles: u32) -> Test {
    let name = format!("unload/{}_{cycles}_times", R::MODULE);
    Test::new(name, move || of::<R>(cycles))
}

fn of<R: Subject>(cycles: u32) -> Result<Found> {
    for module in ALL {
        be_removed(module)?;
        threads::none_left(module)?;
    }
    for n in 0..WARM_UP {
        cycle::<R>(n).with_context(|| format!("warm-up {n}"))?;
    }
    let before = memory::free()?;
    for n in 0..cycles {
        cycle::<R>(n).with_context(|| format!("cycle {n}"))?;
    }
    let after = memory::free()?;
    for module in ALL {
        insert(module)?;
    }
    let what = format!("{}: after {cycles} cycles", R::MODULE);
    let found = memory::flat(&what, &[before, after], memory::LOSS)?;
    Ok(found.with("cycles", cycles))
}

/// Removes the module 0 to 19 ms after the start.
fn cycle<R: Subject>(n: u32) -> Result<()> {
    insert(R::MODULE)?;
    let module = fresh::<R>()?;
    module.start(&R::endless())?;
    sleep(Duration::from_millis(u64::from(n * 7 % 20)));
    let state = module.dir().status()?.state;
    remove(R::MODULE)?;
    ensure!(state == State::Running, "{state} when it was removed");
    threads::none_left(R::MODULE)
}
