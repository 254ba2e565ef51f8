// SPDX-License-Identifier: GPL-2.0

//! Failures in the insertion of a module, from its first function on.
//!
//! The points before it are those of the kernel's loader, which allocates each page of the file.

use std::{fs, fs::File, ops::Range, path::Path};

use anyhow::{ensure, Context, Result};
use rustix::system::finit_module;

use super::{prepare, Nth, INJECTORS, MOST};
use crate::{
    complaints,
    kernel_log::KernelLog,
    kernel_module::{self, be_inserted, be_removed},
    memory,
    subject::{fresh, run, Subject},
    suite::Found,
    threads,
};

/// Inserts a module, and in it calls the first function of that.
const LOADER: &str = "load_module+";
const INIT: &str = "do_init_module+";

/// Fails each point; the module is not left behind, and can be inserted then.
pub fn fail<R: Subject>() -> Result<Found> {
    let mut nth = prepare()?;
    be_removed(R::MODULE)?;
    let found = own_points(R::MODULE, &mut nth).and_then(|own| {
        let before = memory::free()?;
        for n in own.clone() {
            insert(R::MODULE, &mut nth, n).with_context(|| format!("point {n}"))?;
        }
        Ok((own, before, memory::free()?))
    });
    be_removed(R::MODULE)?;
    be_inserted(R::MODULE)?;
    let (own, before, after) = found?;
    run(&fresh::<R>()?, &R::quick())?;
    let what = format!(
        "{}: {} points of the insertion after {} of the loader",
        R::MODULE,
        own.len(),
        own.start
    );
    let found = memory::flat(&what, &[before, after], memory::LOSS)?;
    Ok(found.with("points", own.len()))
}

/// The points from the one after the loader's last to the last of all.
fn own_points(module: &str, nth: &mut Nth) -> Result<Range<u32>> {
    let end = first(1..MOST, |n| Ok(!insert(module, nth, n)?))?;
    let mut log = KernelLog::from_now()?;
    complaints::silence_the_console()?;
    traces("2")?;
    let mut is_loader = |n| -> Result<bool> {
        insert(module, nth, n)?;
        Ok(is_of_the_loader(&log.lines()?))
    };
    let mut start = end;
    while start > 1 && !is_loader(start - 1)? {
        start -= 1;
    }
    traces("0")?;
    ensure!(start < end, "no point in a function of the module");
    Ok(start..end)
}

/// Whether the trace of a failure is there, and of one before the module's first function.
/// An allocation that may fail silently has none.
fn is_of_the_loader(log: &[String]) -> bool {
    let has = |function| log.iter().any(|line| line.contains(function));
    has(LOADER) && !has(INIT)
}

/// The first number of which `is` is true, as it is of all that follow.
fn first(mut numbers: Range<u32>, mut is: impl FnMut(u32) -> Result<bool>) -> Result<u32> {
    while !numbers.is_empty() {
        let middle = numbers.start + (numbers.end - numbers.start) / 2;
        match is(middle)? {
            true => numbers.end = middle,
            false => numbers.start = middle + 1,
        }
    }
    Ok(numbers.start)
}

/// Whether a failure shows where it was.
fn traces(verbose: &str) -> Result<()> {
    for injector in INJECTORS {
        let path = Path::new(debugfs::ROOT).join(injector).join("verbose");
        fs::write(&path, verbose).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Inserts the module with its `n`th point failing; returns whether it has so many.
fn insert(module: &str, nth: &mut Nth, n: u32) -> Result<bool> {
    let file = File::open(kernel_module::path(module))?;
    nth.set(n);
    let inserted = finit_module(&file, c"", 0);
    let failed = nth.end();
    match inserted {
        Ok(()) => kernel_module::remove(module)?,
        Err(why) => ensure!(failed, "insmod {module}: {why}"),
    }
    threads::none_left(module)?;
    let left = Path::new(debugfs::ROOT).join(module).exists();
    ensure!(!left, "its directory is left");
    Ok(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_is_found() {
        for due in [1, 2, 50, 99, 100] {
            assert_eq!(first(1..100, |n| Ok(n >= due)).unwrap(), due);
        }
    }
}
