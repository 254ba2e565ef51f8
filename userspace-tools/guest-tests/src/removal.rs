// SPDX-License-Identifier: GPL-2.0

//! Tests of removing modules in use.

use std::{thread::sleep, time::Duration};

use anyhow::{ensure, Context, Result};
use rustix::{
    fs::OFlags,
    io::{self, Errno},
};

use crate::{
    kernel_module::{be_inserted, insert, remove},
    raw,
    subject::{each_subject, fresh, run, Subject},
    suite::{Body, Test},
    threads,
};

pub fn tests() -> Vec<Test> {
    each_subject!(of()).into_iter().flatten().collect()
}

fn of<R: Subject>() -> Vec<Test> {
    let cases: [(&str, Body); 4] = [
        ("joins_the_threads_of_a_run", mid_run::<R>),
        ("joins_right_after_start", right_after_start::<R>),
        ("leaves_open_files_safe", open_files::<R>),
        ("and_insmod_give_a_fresh_module", fresh_again::<R>),
    ];
    let test = |(name, body): (&str, Body)| {
        Test::new(format!("{}/rmmod/{name}", R::MODULE), move || {
            inserted_after(R::MODULE, body)
        })
    };
    cases.map(test).into()
}

/// Runs `body` with the module inserted, and inserts it again if `body` left it removed.
pub fn inserted_after(module: &str, body: impl Fn() -> Result<()>) -> Result<()> {
    be_inserted(module)?;
    let outcome = body();
    be_inserted(module)?;
    outcome
}

fn mid_run<R: Subject>() -> Result<()> {
    let module = fresh::<R>()?;
    module.start(&R::endless())?;
    sleep(Duration::from_millis(50));
    let during = threads::of_modules()?;
    ensure!(!during.is_empty(), "no thread during a run");
    remove(R::MODULE)?;
    threads::none_left(R::MODULE)?;
    insert(R::MODULE)?;
    run(&fresh::<R>()?, &R::quick())?;
    Ok(())
}

fn right_after_start<R: Subject>() -> Result<()> {
    for _ in 0..5 {
        fresh::<R>()?.start(&R::endless())?;
        remove(R::MODULE)?;
        threads::none_left(R::MODULE)?;
        insert(R::MODULE)?;
    }
    Ok(())
}

fn open_files<R: Subject>() -> Result<()> {
    let module = fresh::<R>()?;
    run(&module, &R::quick())?;
    module.start(&R::endless())?;
    let open = |(name, flags)| {
        let file = raw::open_as(&module.dir().file(name), flags);
        file.with_context(|| format!("open {name}"))
    };
    let readable = ["config", "run", "status", "report", "abi"].map(|n| (n, OFlags::RDONLY));
    let writable = ["config", "run", "reset"].map(|n| (n, OFlags::WRONLY));
    let readable = readable.into_iter().map(open).collect::<Result<Vec<_>>>()?;
    let writable = writable.into_iter().map(open).collect::<Result<Vec<_>>>()?;
    // One is read partially.
    io::read(&readable[3], &mut [0; 5])?;
    remove(R::MODULE)?;
    let dead = || -> Result<()> {
        for file in &readable {
            let got = io::read(file, &mut [0; 64]);
            ensure!(got == Err(Errno::IO), "read after rmmod: {got:?}");
        }
        for file in &writable {
            let got = io::write(file, b"stop");
            ensure!(got == Err(Errno::IO), "write after rmmod: {got:?}");
        }
        Ok(())
    };
    dead()?;
    // Old descriptors do not reach the new module.
    insert(R::MODULE)?;
    dead()?;
    drop((readable, writable));
    run(&fresh::<R>()?, &R::quick())?;
    Ok(())
}

fn fresh_again<R: Subject>() -> Result<()> {
    let module = fresh::<R>()?;
    let before = module.dir().config()?;
    run(&module, &R::quick())?;
    remove(R::MODULE)?;
    insert(R::MODULE)?;
    let dir = module.dir();
    ensure!(dir.config()? == before, "config: {}", dir.config()?);
    ensure!(dir.report()?.is_empty(), "report: {}", dir.report()?);
    ensure!(dir.status()?.runs == 0, "{}", dir.status()?);
    Ok(())
}
