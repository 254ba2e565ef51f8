// SPDX-License-Identifier: GPL-2.0

//! `lock-load advise`: which lock, and with which spin threshold, serves this machine best.
//!
//! It runs in two stages. Screening runs every lock a few times and keeps the fastest; the final runs
//! these until the time is up, and only its figures decide, so that a lock that was lucky in the
//! screening has no advantage. Each stage is a number of rounds, in which every lock runs once, in
//! random order; ratios are formed within a round, which cancels drift.

mod choice;
mod plan;
mod show;

use std::{
    io::{self, IsTerminal},
    path::Path,
    time::{Duration, Instant},
};

use abi::lock_load::{Config, Switch};
use anyhow::{anyhow, bail};
use clap::Args;
use debugfs::{tool::say, Interrupt, Module};
use results::{vcpus, LockLoad, Report, Settings, Verdict};

use self::{
    choice::choose,
    plan::{contestants, finalists, SCREENING_ROUNDS},
    show::Advice,
};

pub const HELP: &str = "\
Examples:
  lock-load advise
  lock-load advise --quick --json
  lock-load advise --seconds 120 --threads 4 --hold-ns 1000

Three lines: the best lock, what the kernel's own reaches, and how it was measured. The best is the
one with the most critical sections per second; locks within 5 % of it are named with it. Locks that
sleep, or that run sections on other threads, are no spinlocks and left out.

A lock can be decided while its threshold is open. All is of one boot: another boot, other threads or
sections of another length can have another best lock. An experiment of sweep runs several boots.

Exit code 0: decided. 3: it cannot be decided; more time may decide. 1: a lock did not exclude.";

/// What to measure, and for how long.
#[derive(Args)]
pub struct Advise {
    /// Time that it may take, in seconds [default: 60, 15 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: Option<u32>,
    /// Threads that contend [default: as many as there are vCPUs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    threads: Option<u32>,
    /// Length of a critical section, in nanoseconds
    #[arg(long, value_name = "NS", default_value_t = Config::default().hold_ns, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    hold_ns: u32,
    /// Length of the pause between two sections of a thread, in nanoseconds
    #[arg(long, value_name = "NS", default_value_t = Config::default().idle_ns, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    idle_ns: u32,
    /// Shorter runs, and fewer of them
    #[arg(long)]
    quick: bool,
    /// Print one object of JSON
    #[arg(long)]
    json: bool,
}

/// Runs the stages and prints the advice.
pub fn advise(root: &Path, wanted: &Advise) -> anyhow::Result<Verdict> {
    let interrupt = Interrupt::catch()?;
    let module: Module<LockLoad> = Module::open(root)?;
    let online = vcpus();
    if online < 2 {
        bail!("cannot compare locks: one vCPU is online (1; allowed: 2..). Try: vm run --vcpus 2");
    }
    let here = Config::here().map_err(|why| anyhow!("{why}"))?;
    let base = Config {
        threads: wanted.threads.unwrap_or(online),
        hold_ns: wanted.hold_ns,
        idle_ns: wanted.idle_ns,
        run_ms: if wanted.quick { 40 } else { 100 },
        histograms: Switch::Off,
        ..here
    };
    // Settings that the module refuses are refused before the first run.
    module.dir().set(&base.to_string())?;
    let seconds = wanted.seconds.unwrap_or(if wanted.quick { 15 } else { 60 });
    let time = Duration::from_secs(seconds.into());
    let mut stage = Stage {
        module,
        interrupt,
        began: Instant::now(),
        time,
        broken: false,
    };
    let all = contestants(&base);
    let screened = stage.run("screening", &all, time / 2, SCREENING_ROUNDS)?;
    let chosen = finalists(&all, &screened.rates);
    let last = stage.run("final", &chosen, time, usize::MAX)?;
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    let advice = Advice {
        base,
        machine: last.machine,
        configs: chosen,
        rates: &last.rates,
        choice: choose(&last.rates),
        screened: all.len(),
        seconds: stage.began.elapsed().as_secs_f64(),
    };
    say(&match wanted.json {
        true => advice.to_json(),
        false => advice.to_string(),
    })?;
    Ok(match (stage.broken, advice.is_decided()) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Pass,
        (false, false) => Verdict::Inconclusive,
    })
}

/// Runs rounds of locks on the module.
struct Stage {
    module: Module<LockLoad>,
    interrupt: Interrupt,
    began: Instant,
    time: Duration,
    /// A lock did not keep what it promises.
    broken: bool,
}

/// What a stage measured.
struct Measured {
    /// Sections per second of each lock, one a round.
    rates: Vec<Vec<f64>>,
    /// Implementation of the kernel's own lock.
    machine: String,
}

impl Stage {
    /// Runs `configs` for `most` rounds, one at least, or until another round would end after `until`.
    fn run(
        &mut self,
        name: &str,
        configs: &[Config],
        until: Duration,
        most: usize,
    ) -> debugfs::Result<Measured> {
        let mut measured = Measured {
            rates: vec![Vec::new(); configs.len()],
            machine: String::new(),
        };
        let (mut longest, mut order) = (Duration::ZERO, (0..configs.len()).collect::<Vec<_>>());
        for round in 0..most {
            let began = self.began.elapsed();
            if round > 0 && began + longest > until {
                break;
            }
            fastrand::shuffle(&mut order);
            for &i in &order {
                self.progress(name, round, &configs[i]);
                let report = self.module.run(&configs[i], &self.interrupt)?;
                if report.outcome().failed() {
                    eprintln!("\nlock-load: {}: {}", report.outcome(), configs[i]);
                    self.broken = true;
                }
                measured.rates[i].push(report.rate());
                measured.machine = report.machine.kernel_lock.to_string();
            }
            longest = longest.max(self.began.elapsed() - began);
        }
        Ok(measured)
    }

    /// Shows the progress on a terminal.
    fn progress(&self, name: &str, round: usize, config: &Config) {
        if io::stderr().is_terminal() {
            let (now, all) = (self.began.elapsed().as_secs(), self.time.as_secs());
            let lock = plan::name(config);
            eprint!(
                "\r\x1b[K[{now}/{all} s] {name}, round {}: {lock}",
                round + 1
            );
        }
    }
}
