// SPDX-License-Identifier: GPL-2.0

//! Boots guests through `vm`, gives each its runs of the plan, and collects the records.

use std::{
    collections::HashSet,
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    console::interrupt::{self, Guarded},
    console::progress::Progress,
    plan::{
        runs::{Boot, Run},
        setting::words,
    },
    run::vm,
    store::build::Build,
    store::directory::{Results, PLAN},
    store::file,
    store::host::{self, Sampler, StealTime},
    store::provenance::Booted,
    store::record::{self, Record},
    store::runs::Runs,
};
use anyhow::{anyhow, bail, Context};
use exit_code::Exit;

/// How often a guest is booted again that the emulator lost before it made a run.
const RETRIES: usize = 2;
/// How often one is booted again in all: for the runs that are left.
const CONTINUATIONS: usize = 8;

/// Exit code of a `batch` in which a run failed.
const NOT_MEASURED: i32 = Exit::NotMeasured.code() as i32;

/// Drives a plan: one guest boot after the other.
pub struct Driver<'a> {
    /// The result directory.
    pub results: &'a Results,
    /// The records so far.
    pub runs: Runs,
    /// Progress on the terminal.
    pub progress: Progress,
    /// Time limit of one boot; by default it follows from the estimate.
    pub timeout: Option<Duration>,
}

impl Driver<'_> {
    /// Boots the guest of `boot` for those of its runs that have no record yet; again for those that are left if the
    /// emulator loses it, or a run does not end, as `--resume` does.
    pub fn boot(&mut self, boot: &Boot) -> (anyhow::Result<()>, Vec<Booted>) {
        let (mut all, mut in_vain) = (Vec::new(), 0);
        loop {
            let had = self.runs.records().len();
            let (began, steal) = (Instant::now(), StealTime::begin());
            let mut booted = Booted {
                number: boot.number,
                guest: boot.guest.clone(),
                ..Booted::default()
            };
            let ended = self.attempt(boot, &mut booted);
            booted.seconds = began.elapsed().as_secs_f64();
            booted.stolen = steal.fraction();
            booted.build = booted.vm.as_ref().map(Build::booted);
            let made = self.runs.records().len() - had;
            in_vain = if made > 0 { 0 } else { in_vain + 1 };
            let is_over = in_vain > RETRIES || all.len() == CONTINUATIONS;
            match ended {
                Ok(Some(cause)) if !is_over => booted.retries.push(cause),
                ended => {
                    all.push(booted);
                    let lost =
                        |cause: Option<String>| cause.map_or(Ok(()), |why| Err(anyhow!(why)));
                    return (ended.and_then(lost), all);
                }
            }
            let left = missing(boot, self.runs.records()).runs.len();
            let (cause, count) = (booted.retries.concat(), all.len() + 1);
            self.progress.print(&format!(
                "sweep: {cause}; booting the guest again for {left} runs ({count} of {CONTINUATIONS})"
            ));
            all.push(booted);
        }
    }

    /// Boots the guest once. The cause if the rest needs another boot: the records of its runs are kept.
    fn attempt(&mut self, boot: &Boot, booted: &mut Booted) -> anyhow::Result<Option<String>> {
        if boot.guest.is_simulated() {
            self.forget(boot)?;
        }
        let kept = self.runs.records().len();
        let due = missing(boot, self.runs.records());
        let dir = self.results.boot(boot.number)?;
        let at = |name: &str| -> PathBuf { dir.join(name) };
        file::write(&at(PLAN), &due.text())?;
        let timeout = boot.estimate * 5 + Duration::from_secs(60);
        booted.command = vm::batch(boot, self.timeout.unwrap_or(timeout), &dir);
        let mut child = Command::new(&booted.command[0])
            .args(&booted.command[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}. Try: make tools", booted.command[0]))?;
        let guarded = Guarded::new(&child);
        let sampler = Sampler::begin(child.id(), &at(host::FILE));
        let messages = forward(&mut child, &self.progress)?;
        let collected = self.collect(&mut child, &due, kept);
        if collected.is_err() {
            // Its further records are of no use; `vm` ends its guest on SIGTERM.
            interrupt::end(&child);
        }
        let status = child.wait().context("cannot wait for vm")?;
        drop(guarded);
        sampler.end();
        let logged = append(&at("vm.log"), &messages.join().unwrap_or_default());
        booted.vm = vm_record::Record::read(&dir).ok();
        collected.and(logged)?;
        self.outcome(boot, status, kept, due.runs.len())
    }

    /// Sets the records of an interrupted boot aside: a seed decides all runs of a simulated boot together.
    fn forget(&mut self, boot: &Boot) -> anyhow::Result<()> {
        let mut records = self.runs.records().iter();
        match records.position(|record| record.boot == boot.number) {
            Some(kept) => self.runs.set_aside(kept),
            None => Ok(()),
        }
    }

    fn collect(&mut self, child: &mut Child, due: &Boot, kept: usize) -> anyhow::Result<()> {
        let stdout = child.stdout.take().context("vm has no stdout")?;
        let began = Instant::now();
        let (mut lines, mut line) = (BufReader::new(stdout), String::new());
        while lines.read_line(&mut line).context("cannot read from vm")? > 0 {
            // The guest was lost within it.
            if !line.ends_with('\n') {
                break;
            }
            let run = record::parse(line.trim_end())?;
            let had = self.runs.records().len() - kept;
            let Some(planned) = due.runs.get(run.seq).filter(|_| run.seq == had) else {
                bail!("unexpected record {} (allowed: {had})", run.seq);
            };
            let at_ms = began.elapsed().as_millis() as u64;
            self.runs.append(Record::place(run, planned, due, at_ms)?)?;
            let run = format!("{} {}", planned.scenario, words(&planned.settings));
            self.progress.done(self.runs.records().len(), &run);
            line.clear();
        }
        Ok(())
    }

    /// Whether the guest made all its runs: the cause if the rest needs another boot. A run that failed is judged later,
    /// with the others.
    fn outcome(
        &self,
        boot: &Boot,
        status: ExitStatus,
        kept: usize,
        due: usize,
    ) -> anyhow::Result<Option<String>> {
        let records = &self.runs.records()[kept..];
        let had = records.len();
        if interrupt::signal().is_some() {
            bail!("interrupted after {had} of {due} runs");
        }
        let is_failure = |record: &Record| record.run.error().is_some();
        let failed = records.iter().any(is_failure);
        let last_failed = records.last().is_some_and(is_failure);
        let why = format!("{} after {had} of {due} runs", vm::meaning(status.code()));
        match status.code() {
            Some(0) if had == due => Ok(None),
            Some(NOT_MEASURED) if had == due && failed => Ok(None),
            // It ends at a run that does not end: no other could start in this boot.
            Some(NOT_MEASURED) if last_failed => Ok(Some(format!(
                "a run failed, and `batch` ended, after {had} of {due} runs"
            ))),
            Some(code) if vm::lost(code, &boot.guest) => Ok(Some(why)),
            _ => bail!(why),
        }
    }
}

/// The runs of `boot` that have no record yet.
pub fn missing(boot: &Boot, records: &[Record]) -> Boot {
    let recorded: HashSet<usize> = records.iter().map(|record| record.run.seq).collect();
    let had = |run: &Run| recorded.contains(&run.seq);
    Boot {
        runs: boot.runs.iter().filter(|run| !had(run)).cloned().collect(),
        ..boot.clone()
    }
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = File::options().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Forwards the messages of `vm`, and returns them at its end.
fn forward(child: &mut Child, progress: &Progress) -> anyhow::Result<thread::JoinHandle<String>> {
    let stderr = child.stderr.take().context("vm has no stderr")?;
    let progress = progress.clone();
    Ok(thread::spawn(move || {
        let mut kept = String::new();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            progress.print(&line);
            kept += &line;
            kept.push('\n');
        }
        kept
    }))
}
