// SPDX-License-Identifier: GPL-2.0

//! Insert, start, remove in the middle of the run, again and again: what is left behind?

use std::{thread::sleep, time::Duration};

use abi::status::State;
use anyhow::{ensure, Context, Result};
use results::{Bottleneck, JobRunner, LockLoad, SloppyCounter};

use crate::{
    kernel_module::{be_removed, insert, remove, ALL},
    memory::{self, Free},
    subject::{fresh, Subject},
    suite::{say, Test},
    threads,
};

/// Cycles before memory is measured first. What the kernel keeps for each vCPU, such as stacks of
/// threads and half-used slabs, it has then; a leak goes on after them.
const WARM_UP: u32 = 10;
/// How much less may be free in the end, in KiB.
const LEAK: i64 = 1024;

/// The tests of `unload`, with so many cycles each.
pub fn tests(cycles: u32) -> Vec<Test> {
    vec![
        Test::new(format!("unload/lock-load_{cycles}_times"), move || {
            of::<LockLoad>(cycles)
        }),
        Test::new(format!("unload/sloppy-counter_{cycles}_times"), move || {
            of::<SloppyCounter>(cycles)
        }),
        Test::new(format!("unload/job-runner_{cycles}_times"), move || {
            of::<JobRunner>(cycles)
        }),
        Test::new(format!("unload/bottleneck_{cycles}_times"), move || {
            of::<Bottleneck>(cycles)
        }),
    ]
}

fn of<R: Subject>(cycles: u32) -> Result<()> {
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
    same(R::MODULE, cycles, before, after)
}

/// Removal hits the run at another moment each time, from at once to 19 ms after the start.
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

fn same(module: &str, cycles: u32, before: Free, after: Free) -> Result<()> {
    let (free, available) = (after.free - before.free, after.available - before.available);
    say(&format!(
        "{module}: after {cycles} cycles MemFree {free:+} KiB of {}, MemAvailable {available:+} \
         KiB of {}; allowed: {}..={LEAK}",
        before.free, before.available, -LEAK
    ));
    for (what, change) in [("MemFree", free), ("MemAvailable", available)] {
        ensure!(change.abs() <= LEAK, "{what} changed by {change:+} KiB");
    }
    Ok(())
}
