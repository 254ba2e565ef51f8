// SPDX-License-Identifier: GPL-2.0

//! Boots guests through `vm`, feeds each its part of the plan, and takes the records as they come.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{anyhow, bail, Context};

use crate::{
    console::interrupt::{self, Guarded},
    console::progress::Progress,
    plan::guests::Guest,
    plan::{Boot, Run},
    store::directory::{Results, Runs, PLAN},
    store::host::{self, Robbed, Watch},
    store::provenance::{self, Booted},
    store::record::{Record, Said},
};

/// The environment variable that names another `vm`.
const VM: &str = "SLOWPATH_VM";

/// How often a guest that was lost is booted again.
const RETRIES: u32 = 2;

/// The command that boots the guest and runs the plan kept in `dir`.
fn command(guest: &Guest, timeout: Duration, dir: &Path) -> Vec<String> {
    let mut command = vec![vm().display().to_string(), "run".into()];
    let mut put = |key: &str, value: &str| command.extend([key.into(), value.into()]);
    put("--vcpus", &guest.vcpus.to_string());
    put("--cpus", &guest.cpus);
    put("--tier", &guest.tier);
    if let Some(mode) = &guest.mode {
        put("--mode", mode);
    }
    put("--memory", &guest.memory.to_string());
    put("--timeout", &timeout.as_secs().to_string());
    put("--record", &dir.display().to_string());
    put("--stdin", &dir.join(PLAN).display().to_string());
    command.extend(guest.words.iter().cloned());
    command.extend(["--".into(), "batch".into()]);
    command
}

/// `vm` as [`VM`] names it, from beside `sweep`, or from the path.
fn vm() -> PathBuf {
    if let Some(named) = std::env::var_os(VM) {
        return named.into();
    }
    let beside = std::env::current_exe().map(|exe| exe.with_file_name("vm"));
    beside.ok().filter(|vm| vm.is_file()).unwrap_or("vm".into())
}

/// What is left of a plan, and where it goes.
pub struct Drive<'a> {
    /// The result directory.
    pub results: &'a Results,
    /// The records, with those that are there already.
    pub runs: Runs,
    /// How far it is.
    pub progress: Progress,
    /// The longest that one boot may take, if that was said.
    pub timeout: Option<Duration>,
}

/// How an attempt to do all runs of a boot ended.
enum Attempt {
    /// With all records.
    Done,
    /// `vm` lost the guest after it had said something, by this account.
    Lost(String),
}

impl Drive<'_> {
    /// Boots the guest of `boot` for those of its runs that have no record yet. A guest that is lost
    /// is repeated; gives what it was, and how many were lost.
    pub fn boot(&mut self, boot: &Boot) -> (anyhow::Result<()>, Booted, u32) {
        let (began, robbed) = (Instant::now(), Robbed::begin());
        let mut booted = Booted {
            number: boot.number,
            guest: boot.guest.clone(),
            ..Booted::default()
        };
        let mut lost = 0;
        let done = loop {
            match self.attempt(boot, &mut booted) {
                Ok(Attempt::Lost(_)) if lost < RETRIES => {
                    lost += 1;
                    self.progress.say(&format!(
                        "sweep: the guest was lost and is repeated ({lost} of {RETRIES}); its records are put aside"
                    ));
                }
                Ok(Attempt::Lost(why)) => break Err(anyhow!(why)),
                Ok(Attempt::Done) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        booted.seconds = began.elapsed().as_secs_f64();
        booted.stolen = robbed.part();
        (done, booted, lost)
    }

    fn attempt(&mut self, boot: &Boot, booted: &mut Booted) -> anyhow::Result<Attempt> {
        let kept = self.runs.records().len();
        let due = left(boot, self.runs.records());
        let dir = self.results.boot(boot.number)?;
        let file = |name: &str| -> PathBuf { dir.join(name) };
        fs::write(file(PLAN), due.text()).context("cannot write the plan of a boot")?;
        let timeout = boot.estimate * 5 + Duration::from_secs(60);
        booted.command = command(&boot.guest, self.timeout.unwrap_or(timeout), &dir);
        let mut child = Command::new(&booted.command[0])
            .args(&booted.command[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!("cannot start {}; `make tools` builds it", booted.command[0])
            })?;
        let guarded = Guarded::new(&child);
        let watch = Watch::begin(child.id(), &file(host::FILE));
        let said = hear(&mut child, &self.progress)?;
        let collected = self.collect(&mut child, &due, kept);
        if collected.is_err() {
            // What it says is of no use any more; `vm` ends its guest when told to end.
            interrupt::end(&child);
        }
        let status = child.wait().context("cannot wait for vm")?;
        drop(guarded);
        watch.end();
        append(&file("vm.log"), &said.join().unwrap_or_default())?;
        booted.vm = provenance::vm_record(&dir);
        collected?;
        self.verdict(status, kept, due.runs.len())
    }

    fn collect(&mut self, child: &mut Child, due: &Boot, kept: usize) -> anyhow::Result<()> {
        let stdout = child.stdout.take().context("vm has no stdout")?;
        let began = Instant::now();
        for line in BufReader::new(stdout).lines() {
            let said = Said::parse(&line.context("cannot read from vm")?)?;
            let mut had = self.runs.records().len() - kept;
            if said.seq == 0 && had > 0 {
                let why = "sweep: the guest was lost and is repeated; its records are put aside";
                self.progress.say(why);
                self.runs.lose(kept)?;
                had = 0;
            }
            let Some(run) = due.runs.get(said.seq).filter(|_| said.seq == had) else {
                bail!("record {} came where {had} was due", said.seq);
            };
            let at_ms = began.elapsed().as_millis() as u64;
            self.runs.append(Record::place(said, run, due, at_ms)?)?;
            self.progress.done(self.runs.records().len(), run);
        }
        Ok(())
    }

    /// Whether the guest did all that it was told; a run that failed is judged later, with the others.
    fn verdict(&mut self, status: ExitStatus, kept: usize, due: usize) -> anyhow::Result<Attempt> {
        let records = &self.runs.records()[kept..];
        let had = records.len();
        if interrupt::signal().is_some() {
            bail!("interrupted after {had} of {due} runs");
        }
        let failed = records.iter().any(|record| record.said.error().is_some());
        let why = |code| format!("{} after {had} of {due} runs", outcome(code));
        match status.code() {
            Some(0) if had == due => Ok(Attempt::Done),
            Some(1) if had == due && failed => Ok(Attempt::Done),
            Some(LOST) => {
                self.runs.lose(kept)?;
                Ok(Attempt::Lost(why(Some(LOST))))
            }
            code => bail!(why(code)),
        }
    }
}

/// `vm`'s exit code for a guest that died without a word: lost to the emulator, not to the load.
const LOST: i32 = 245;

/// Of `boot` what has no record yet.
pub fn left(boot: &Boot, records: &[Record]) -> Boot {
    let had = |run: &Run| records.iter().any(|record| record.said.seq == run.seq);
    Boot {
        runs: boot.runs.iter().filter(|run| !had(run)).cloned().collect(),
        ..boot.clone()
    }
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Passes on what `vm` says about the guest, and keeps it.
fn hear(child: &mut Child, progress: &Progress) -> anyhow::Result<thread::JoinHandle<String>> {
    let stderr = child.stderr.take().context("vm has no stderr")?;
    let progress = progress.clone();
    Ok(thread::spawn(move || {
        let mut kept = String::new();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            progress.say(&line);
            kept += &line;
            kept.push('\n');
        }
        kept
    }))
}

/// What `vm`'s exit code says; see `vm --help`.
fn outcome(code: Option<i32>) -> String {
    let what = match code {
        Some(0) => "the guest's batch ended early",
        Some(2) => "vm refused its arguments",
        Some(240) => "the guest could not be started",
        Some(241) => "guest lost: its kernel panicked",
        Some(242) => "the guest's kernel complained (oops, BUG or WARN)",
        Some(243) => "guest lost: it hung",
        Some(244) => "guest lost: its channel broke",
        Some(245) => "guest lost: it died without a word",
        Some(246) => "guest lost: out of time",
        Some(code) => return format!("the guest's batch, or vm, failed with exit code {code}"),
        None => "vm was killed",
    };
    what.into()
}
