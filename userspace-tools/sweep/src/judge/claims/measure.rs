// SPDX-License-Identifier: GPL-2.0

//! Measures what a step is about: runs the experiment, the guests or the programs, and reads the records.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::Context;
use serde_json::{json, Value};
use vm_record::GuestFailure;

use super::{
    commands::{guest_line, Command},
    program::{self, Ran},
    records::{values, Observation, COMMAND, EXIT, VM},
};
use crate::{
    judge::{
        evaluation::Evaluation,
        figures::{self, Figures},
        verdict::Verdict,
    },
    plan::{guest::Guest, guests::Guests, setting::Point},
    run::vm,
    store::loaded::Loaded,
};

/// The longest time for the commands of a guest boot.
const TIMEOUT: Duration = Duration::from_secs(900);

/// How a step measures.
pub enum How<'a> {
    /// An experiment, by its file.
    Experiment(PathBuf),
    /// Commands in every boot of guests, and others on the host before each.
    Guest(&'a Guests, &'a [Command], &'a [Command]),
    /// Commands on the host, how often they run, and a file of records that they leave.
    Host(&'a [Command], u32, Option<&'a str>),
}

/// What a step left.
#[derive(Default)]
pub struct Measured {
    /// Those of an experiment.
    pub figures: Figures,
    pub records: Vec<Observation>,
    /// Verdicts on runs of an experiment that have no report, or an oracle that is not as expected.
    pub faults: Vec<Verdict>,
    /// The part of its CPUs that others took from each boot.
    pub others: Vec<f64>,
    /// The last exit code that is not 0, if there is one.
    pub exit: i32,
    /// Why it failed, if it did.
    pub failed: Option<String>,
}

pub fn measure(how: &How<'_>, dir: &Path) -> anyhow::Result<Measured> {
    match how {
        How::Experiment(path) => experiment(path, dir),
        How::Guest(guests, commands, before) => guest(guests, commands, before, dir),
        How::Host(commands, rounds, records) => host(commands, *rounds, *records, dir),
    }
}

impl Measured {
    /// Notes how a program ended that has to exit with 0.
    fn note(&mut self, ran: &Ran, what: &str) {
        if ran.exit != 0 {
            let (exit, log) = (ran.exit, ran.log.display());
            self.exit = exit;
            self.failed = Some(format!(
                "`{what}` failed: exit code {exit}; its messages: {log}"
            ));
        }
    }
}

fn experiment(path: &Path, dir: &Path) -> anyhow::Result<Measured> {
    let sweep = std::env::current_exe().context("cannot find sweep")?;
    let words = [sweep.as_path(), Path::new("run"), path];
    let words = words.map(|word| word.display().to_string());
    let ran = program::run(&program::in_toolbox(words.into()), dir, "sweep")?;
    let mut measured = Measured::default();
    let result = dir.join("latest");
    // Verdicts of its own are none on the claims: FAIL, INCONCLUSIVE, NOT MEASURED of a part of a whole result.
    let loaded = match ran.exit {
        0 | 1 | 3 => Some(Loaded::read(&result)?),
        4 => Loaded::read(&result).ok(),
        _ => None,
    };
    let Some(loaded) = loaded.filter(|loaded| ran.exit != 4 || loaded.incomplete.is_none()) else {
        measured.note(&ran, &format!("sweep run {}", path.display()));
        return Ok(measured);
    };
    let file = result.join(figures::FILE);
    let text = fs::read_to_string(&file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    measured.figures = serde_json::from_str(&text)?;
    measured.faults = Evaluation::of(&loaded)?
        .faults()
        .map(|fault| fault.verdict)
        .collect();
    for record in loaded.records {
        let value = serde_json::to_value(&record.run)?;
        let place = &record.guest;
        measured
            .records
            .push(Observation::new(record.boot, 1, place, value));
    }
    Ok(measured)
}

/// The content of a file that the step wrote; one of an earlier run is none.
fn written_since(began: SystemTime, file: &Path) -> io::Result<Vec<u8>> {
    // Clocks of file systems are coarse.
    let coarse = Duration::from_millis(20);
    match fs::metadata(file)?.modified()? + coarse >= began {
        true => fs::read(file),
        false => Err(io::Error::other("the commands did not write it")),
    }
}

fn host(
    commands: &[Command],
    rounds: u32,
    records: Option<&str>,
    dir: &Path,
) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    let nowhere = Point::new();
    let began = SystemTime::now();
    for round in 1..=rounds as usize {
        on_host(commands, round, dir, |words| words, &mut measured)?;
        if measured.failed.is_some() {
            return Ok(measured);
        }
    }
    if let Some(file) = records {
        let file = file.replace("$DIR", &dir.display().to_string());
        match written_since(began, Path::new(&file)) {
            Ok(text) => {
                let all = values(&text).into_iter();
                let command = commands.len() as u64;
                let all = all.map(|value| Observation::new(1, command, &nowhere, value));
                measured.records.extend(all);
            }
            Err(error) => measured.failed = Some(format!("cannot read {file}: {error}")),
        }
    }
    Ok(measured)
}

/// Runs commands on the host, before or as boot `boot`, in the `place` where their programs are; the first that
/// fails is the last.
fn on_host(
    commands: &[Command],
    boot: usize,
    dir: &Path,
    place: fn(Vec<String>) -> Vec<String>,
    measured: &mut Measured,
) -> anyhow::Result<()> {
    let nowhere = Point::new();
    for (n, command) in (1..).zip(commands) {
        let ran = program::run(&place(command.on_host(dir)), dir, &n.to_string())?;
        let exit = json!({ COMMAND: n, EXIT: ran.exit });
        for value in values(&ran.stdout).into_iter().chain([exit]) {
            measured
                .records
                .push(Observation::new(boot, n as u64, &nowhere, value));
        }
        if !command.may_fail {
            measured.note(&ran, &command.text());
        }
        if measured.failed.is_some() {
            break;
        }
    }
    Ok(())
}

fn guest(
    guests: &Guests,
    commands: &[Command],
    before: &[Command],
    dir: &Path,
) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    let cpus = guests.host_cpus().map_err(anyhow::Error::msg)?;
    let all = guests.all(&cpus).map_err(anyhow::Error::msg)?;
    if (cpus.count() as u32) < guests.min_cpus {
        let (has, least) = (cpus.count(), guests.min_cpus);
        measured.failed = Some(format!("it takes {least} CPUs; allowed here: {has}"));
        return Ok(measured);
    }
    let mut boot = 0;
    for round in 0..guests.boots.unwrap_or(1) {
        let mut order: Vec<&Guest> = all.iter().collect();
        // Alternating direction: no guest is always the first.
        if round % 2 == 1 {
            order.reverse();
        }
        for guest in order {
            boot += 1;
            let record = dir.join(format!("boot-{boot}"));
            fs::create_dir_all(&record)
                .with_context(|| format!("cannot make {}", record.display()))?;
            on_host(before, boot, &record, program::in_toolbox, &mut measured)?;
            if measured.failed.is_none() {
                booted(guest, boot, commands, &record, &mut measured)?;
            }
            if measured.failed.is_some() {
                return Ok(measured);
            }
        }
    }
    Ok(measured)
}

/// One boot: the records of its commands, and `vm`'s own.
fn booted(
    guest: &Guest,
    boot: usize,
    commands: &[Command],
    record: &Path,
    measured: &mut Measured,
) -> anyhow::Result<()> {
    let mut words = vm::command(guest, TIMEOUT, record);
    words.extend(["--", "sh", "-c"].map(String::from));
    words.push(guest_line(commands));
    let ran = program::run(&program::in_toolbox(words), record, "guest")?;
    if ran.exit != 0 {
        let why = GuestFailure::from_code(ran.exit)
            .map_or_else(|| vm::meaning(Some(ran.exit)), |why| why.to_string());
        measured.exit = ran.exit;
        measured.failed = Some(format!("{why}; its messages: {}", ran.log.display()));
    }
    let place = guest.point();
    let mut n = 1;
    for value in values(&ran.stdout) {
        let exit = exit_of(&value, n);
        measured
            .records
            .push(Observation::new(boot, n as u64, &place, value));
        let Some(code) = exit else { continue };
        let command = &commands[n - 1];
        if code != 0 && !command.may_fail {
            measured.exit = code;
            let text = command.text();
            let log = ran.log.display();
            measured.failed = Some(format!(
                "`{text}` failed in the guest: exit code {code}; its messages: {log}"
            ));
        }
        n = (n + 1).min(commands.len());
    }
    let file = record.join(vm_record::RECORD_FILE);
    let text = fs::read_to_string(&file).unwrap_or_default();
    if let Ok(record) = serde_json::from_str::<vm_record::Record>(&text) {
        measured.others.extend(record.last.taken_by_others());
    }
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(&text) {
        measured
            .records
            .push(Observation::new(boot, VM, &place, value));
    }
    Ok(())
}

/// The exit code of the `n`th command, if this is the record of it.
fn exit_of(value: &Value, n: usize) -> Option<i32> {
    let is_of = value.get(COMMAND)?.as_u64()? == n as u64 && value.as_object()?.len() == 2;
    i32::try_from(value.get(EXIT)?.as_i64()?)
        .ok()
        .filter(|_| is_of)
}
