// SPDX-License-Identifier: GPL-2.0

//! Failures in the creation of the threads of a run, and at random in their work.
//!
//! A thread of the kernel inherits `make-it-fail` from `kthreadd`, which makes it.

use std::{fmt, fs, io, path::Path};

use anyhow::{Context, Result};
use debugfs::{Error, Module};

use super::{families, one, points, prepare, Nth, INJECTORS};
use crate::{
    subject::{fresh, settle, Subject},
    suite::Found,
};

const KTHREADD: &str = "/proc/2/make-it-fail";
/// Probability of a failure.
const PERCENT: &str = "30";
/// Failures until an injector ends by itself: more than any run has.
const TIMES: u32 = 100_000_000;

/// Fails each point of the creation of the threads of a run.
pub fn creation<R: Subject>() -> Result<Found> {
    prepare()?;
    let mut kthreadd = Nth::of("2")?;
    let module = fresh::<R>()?;
    module.dir().set(&R::quick().to_string())?;
    let mut ends = Ends::default();
    let found = points(|n| {
        kthreadd.set(n);
        let outcome = attempt(&module, || Ok(()))?;
        let failed = kthreadd.end();
        ends.add(outcome)?;
        one(&module).context("the next run")?;
        Ok(failed)
    })?;
    let text = format!("{}: {found} points of the creation, {ends}", R::MODULE);
    let some = found > 0 && ends.refused + ends.failed > 0;
    Ok(ends.found(text, found).require(some, "no start failed"))
}

/// Fails allocations of the threads of each family at random.
pub fn work<R: Subject>() -> Result<Found> {
    prepare()?;
    let (mut failures, mut ends) = (0, Ends::default());
    for words in families::longer(R::MODULE) {
        let context = || words.clone();
        let module = fresh::<R>()?;
        module.dir().set(&words)?;
        let injection = Injection::begin()?;
        let outcome = attempt(&module, || injection.fail()).with_context(context);
        failures += injection.end()?;
        ends.add(outcome?).with_context(context)?;
        one(&module).context("the next run").with_context(context)?;
    }
    let text = format!("{}: {failures} points of the workers, {ends}", R::MODULE);
    Ok(ends.found(text, failures))
}

/// A run to its end, whatever that is, with something done after its start.
fn attempt<R: Subject>(
    module: &Module<R>,
    then: impl FnOnce() -> Result<()>,
) -> Result<debugfs::Result<R>> {
    let number = module.dir().status()?.runs + 1;
    let started = module.dir().start();
    then()?;
    settle(module)?;
    Ok(started.and_then(|()| module.result(number)))
}

/// How many starts were refused and runs failed, for lack of memory.
#[derive(Default)]
struct Ends {
    refused: u32,
    failed: u32,
}

impl Ends {
    fn found(&self, text: String, points: u32) -> Found {
        Found::new(text)
            .with("points", points)
            .with("refused", self.refused)
            .with("failed", self.failed)
    }

    fn add<R>(&mut self, outcome: debugfs::Result<R>) -> Result<()> {
        match outcome {
            Ok(_) => {}
            Err(Error::Refused { errno, why, .. }) if is_lack(&errno) && !why.is_empty() => {
                self.refused += 1;
            }
            Err(Error::Failed { why, .. }) if why.starts_with("ENOMEM run: ") => self.failed += 1,
            Err(why) => return Err(why.into()),
        }
        Ok(())
    }
}

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { refused, failed } = self;
        write!(f, "{refused} starts refused, {failed} runs failed")
    }
}

/// What the creation of a thread fails with.
fn is_lack(errno: &io::Error) -> bool {
    matches!(
        errno.kind(),
        io::ErrorKind::OutOfMemory | io::ErrorKind::WouldBlock
    )
}

/// Failures of the threads that `kthreadd` makes, until it is dropped.
struct Injection;

impl Injection {
    /// For the threads made from now on; none fails before [`Self::fail`].
    fn begin() -> Result<Self> {
        for injector in INJECTORS {
            set(injector, "task-filter", "Y")?;
            set(injector, "times", &TIMES.to_string())?;
        }
        fs::write(KTHREADD, "1").context(KTHREADD)?;
        Ok(Self)
    }

    fn fail(&self) -> Result<()> {
        fs::write(KTHREADD, "0").context(KTHREADD)?;
        let fail = |injector| set(injector, "probability", PERCENT);
        INJECTORS.into_iter().try_for_each(fail)
    }

    /// Ends them; returns how many there were.
    fn end(self) -> Result<u32> {
        drop(self);
        let left = INJECTORS.map(|injector| {
            let path = path(injector, "times");
            let text = fs::read_to_string(&path).with_context(|| path.clone())?;
            text.trim().parse::<u32>().with_context(|| path)
        });
        left.into_iter().map(|left| Ok(TIMES - left?)).sum()
    }
}

impl Drop for Injection {
    fn drop(&mut self) {
        // The files were written before.
        let _ = fs::write(KTHREADD, "0");
        for injector in INJECTORS {
            let _ = set(injector, "probability", "0");
        }
    }
}

fn path(injector: &str, file: &str) -> String {
    let dir = Path::new(debugfs::ROOT).join(injector);
    dir.join(file).display().to_string()
}

fn set(injector: &str, file: &str, value: &str) -> Result<()> {
    let path = path(injector, file);
    fs::write(&path, value).with_context(|| path)
}
