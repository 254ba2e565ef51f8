// SPDX-License-Identifier: GPL-2.0

//! Failure injection: the `n`th allocation or copy of a start, of its control thread, or of an
//! insertion fails, for each `n` until none is left.
//!
//! `/proc/PID/fail-nth` counts in one task; the kernel needs `CONFIG_FAULT_INJECTION`, `FAILSLAB` and
//! `FAIL_PAGE_ALLOC`. What a start allocates is allocated by the writer; its control thread, which
//! writes the report, is injected by its PID; the threads that it makes by [`workers`].

mod families;
mod insertion;
mod workers;

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use abi::status::State;
use anyhow::{ensure, Context, Result};
use debugfs::Module;
use results::Report;
use rustix::{
    fs::OFlags,
    io::{pread, Errno},
};

use crate::{
    memory, raw,
    subject::{each_subject, fresh, settle, Subject},
    suite::{Found, Test},
};

/// More points than any start or insertion has.
const MOST: u32 = 100_000;
/// Directories of the injectors in debugfs.
const INJECTORS: [&str; 3] = ["failslab", "fail_page_alloc", "fail_usercopy"];

pub fn tests() -> Vec<Test> {
    let mut tests = vec![Test::new("fail-nth/kernel_injects_failures", || {
        prepare().map(drop)
    })];
    tests.extend(each_subject!(of()).into_iter().flatten());
    tests
}

fn of<R: Subject>() -> Vec<Test> {
    let name = |what: &str| format!("fail-nth/{}/{what}", R::MODULE);
    let mut tests = vec![
        Test::new(name("insertion"), insertion::fail::<R>),
        Test::new(name("creation"), workers::creation::<R>),
        Test::new(name("workers"), workers::work::<R>),
    ];
    for words in families::of(R::MODULE) {
        let each = name(&format!("start {words}"));
        tests.push(Test::new(each, move || starts::<R>(&words)));
    }
    tests
}

/// Lets allocations that may sleep fail, without a trace of each in the kernel's log.
fn prepare() -> Result<Nth> {
    for injector in INJECTORS {
        let dir = Path::new(debugfs::ROOT).join(injector);
        for (file, value) in [
            ("ignore-gfp-wait", "N"),
            ("min-order", "0"),
            ("verbose", "0"),
        ] {
            let path = dir.join(file);
            if path.exists() {
                fs::write(&path, value).with_context(|| path.display().to_string())?;
            }
        }
    }
    Nth::of("thread-self")
}

/// The counter of a task: how many of its allocations and copies succeed before one fails.
struct Nth(File);

impl Nth {
    fn of(task: &str) -> Result<Self> {
        let path = format!("/proc/{task}/fail-nth");
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let why =
            || format!("cannot inject failures: no {path}. Try: a kernel with FAULT_INJECTION");
        file.map(Self).with_context(why)
    }

    fn set(&mut self, n: u32) {
        // The write itself may be what fails.
        while self.0.write_all(n.to_string().as_bytes()).is_err() {}
    }

    /// Stops counting; returns whether something failed.
    fn end(&mut self) -> bool {
        let mut text = [0; 16];
        // A read that fails is injected itself.
        let read = pread(&self.0, &mut text, 0);
        self.set(0);
        read.is_ok_and(|n| text[..n] == *b"0\n")
    }
}

/// Fails each point of a start with `words`, and each of its control thread.
fn starts<R: Subject>(words: &str) -> Result<Found> {
    let mut writer = prepare()?;
    let module = fresh::<R>()?;
    module.dir().set(words)?;
    one(&module).context("without injection")?;
    let before = memory::free()?;
    let own = points(|n| start(&module, &mut writer, n))?;
    let mut control = Nth::of(&control_thread(R::MODULE)?)?;
    let controlled = points(|n| control_thread_fails(&module, &mut control, n))?;
    let after = memory::free()?;
    ensure!(own > 0, "no point of the start");
    let what = format!("{words}: {own} points of the start, {controlled} of its control thread");
    let found = memory::flat(&what, &[before, after], memory::LOSS)?;
    Ok(found
        .with("points", own)
        .with("control_thread_points", controlled))
}

/// Calls `inject` with 1, 2, … until it injects nothing; returns how often it did.
fn points(mut inject: impl FnMut(u32) -> Result<bool>) -> Result<u32> {
    for n in 1..MOST {
        if !inject(n).with_context(|| format!("point {n}"))? {
            return Ok(n - 1);
        }
    }
    Ok(MOST)
}

/// A run to its end.
fn one<R: Report>(module: &Module<R>) -> Result<()> {
    let number = module.dir().status()?.runs + 1;
    module.dir().start()?;
    settle(module)?;
    module.result(number)?;
    Ok(())
}

/// Fails the `n`th point of a start; what it is refused with is in `status`, and a normal run works.
fn start<R: Report>(module: &Module<R>, nth: &mut Nth, n: u32) -> Result<bool> {
    let file = raw::open_as(&module.dir().file("run"), OFlags::WRONLY)?;
    let before = module.dir().status()?;
    nth.set(n);
    let reply = rustix::io::write(&file, b"start");
    let failed = nth.end();
    match reply {
        // What failed was not needed.
        Ok(_) => {
            settle(module)?;
            module.result(before.runs + 1)?;
        }
        Err(errno) => {
            let due = failed && matches!(errno, Errno::NOMEM | Errno::FAULT | Errno::AGAIN);
            ensure!(due, "start: {}, failed: {failed}", raw::word(errno));
            let (why, word) = (module.dir().refusal()?, raw::word(errno));
            let reason = why.strip_prefix(&format!("{word} run: ")).unwrap_or("");
            ensure!(
                !reason.is_empty(),
                "status has {why:?}, not `{word} run: …`"
            );
            let status = module.dir().status()?;
            let idle = status.state == State::Idle && status.runs == before.runs;
            ensure!(idle, "{status}, after {before}");
        }
    }
    one(module).context("the next run")?;
    Ok(failed)
}

/// Fails the `n`th point of the control thread; the run ends with a report, or with the reason.
fn control_thread_fails<R: Report>(module: &Module<R>, nth: &mut Nth, n: u32) -> Result<bool> {
    let runs = module.dir().status()?.runs;
    nth.set(n);
    let started = module.dir().start();
    settle(module)?;
    let failed = nth.end();
    started?;
    match module.result(runs + 1) {
        Ok(_) => {}
        Err(why @ debugfs::Error::Failed { .. }) if failed => {
            let why = why.to_string();
            ensure!(why.contains("ENOMEM"), "{why}");
        }
        Err(why) => return Err(why.into()),
    }
    one(module).context("the next run")?;
    Ok(failed)
}

/// The PID of the thread that controls the runs of `module`: the one that is there when it is idle.
fn control_thread(module: &str) -> Result<String> {
    let dirs = fs::read_dir("/proc").context("/proc")?;
    let mut paths = dirs.filter_map(|entry| Some(entry.ok()?.path()));
    let name = format!("{module}/");
    let ours = |path: &PathBuf| {
        let comm = fs::read_to_string(path.join("comm"));
        comm.is_ok_and(|comm| comm.starts_with(&name))
    };
    let path = paths.find(ours).context("no control thread")?;
    let pid = path.file_name().context("no PID")?;
    Ok(pid.to_string_lossy().into())
}
