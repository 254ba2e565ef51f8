// SPDX-License-Identifier: GPL-2.0

//! Watching one guest: what each event changes, and which limits apply meanwhile.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use hosting::Host;
use vm_record::{FindingKind, Tier, Times, VcpuReport};
use wire::Hello;

use crate::attempt::Attempt;
use crate::barrier::Barrier;
use crate::channel::Cue;
use crate::console::Console;
use crate::event::Event;
use crate::l1::L1;
use crate::output::Output;
use crate::plan::{Limits, Plan};
use crate::process;
use crate::verdict::{judge, Ending, Progress};

mod events;

/// How often the console is read and the limits are checked.
const TICK: Duration = Duration::from_millis(100);
/// How long the sockets of a QEMU that is gone may take to show their last bytes.
const LAST_BYTES: Duration = Duration::from_millis(500);

/// What is gone.
enum Gone {
    /// The QEMU that ran the guest, with this status.
    Qemu(String),
    /// The QEMU that ran the L1 hypervisor, with this status.
    L1(String),
}

/// Whom a guest is tied to.
pub struct Ties<'a> {
    /// Who writes to its channel.
    pub cues: Sender<Cue>,
    /// Who hosts its vCPUs, if that is us.
    pub host: Host,
    /// The other guests of its group.
    pub barrier: Barrier,
    /// The machine that it runs in, if that is not this one.
    pub l1: Option<L1<'a>>,
}

/// The state of an attempt.
pub struct Watch<'a> {
    plan: &'a Plan,
    tier: Tier,
    limits: Limits,
    start: Instant,
    looked: Instant,
    heard: Instant,
    command: Option<Instant>,
    /// A bad sign, and when the guest has to be over because of it.
    oops: Option<Instant>,
    broken: Option<(Instant, String)>,
    /// The guest's QEMU is gone, or the machine that it ran in.
    gone: Option<(Instant, Gone)>,
    /// The process that we started is gone.
    reaped: bool,
    shutdown: Option<String>,
    /// How the command ended, and when.
    exit: Option<(Instant, Ending)>,
    refused: Option<String>,
    open_ends: u32,
    cues: Sender<Cue>,
    cued: bool,
    l1: Option<L1<'a>>,
    hello: Option<Hello>,
    modules: Vec<String>,
    host: Host,
    barrier: Barrier,
    report: VcpuReport,
    times: Times,
    output: Output,
    console: Console,
}

impl<'a> Watch<'a> {
    /// A QEMU that was started just now.
    pub fn new(
        plan: &'a Plan,
        tier: Tier,
        start: Instant,
        console: Console,
        ties: Ties<'a>,
    ) -> Watch<'a> {
        let Ties {
            cues,
            host,
            barrier,
            l1,
        } = ties;
        Watch {
            plan,
            tier,
            limits: plan.limits(tier),
            start,
            looked: start,
            heard: start,
            command: None,
            oops: None,
            broken: None,
            gone: None,
            reaped: false,
            shutdown: None,
            exit: None,
            refused: None,
            open_ends: if l1.is_some() { 4 } else { 2 },
            cues,
            l1,
            cued: false,
            hello: None,
            modules: Vec::new(),
            host,
            barrier,
            report: VcpuReport::default(),
            times: Times::default(),
            output: Output::new(plan.holds_output(tier)),
            console,
        }
    }

    /// Takes events until one of them, or a limit, ends the attempt.
    pub fn until_the_end(&mut self, queue: &Receiver<Event>, nonce: &str) -> Ending {
        loop {
            let ending = match queue.recv_timeout(TICK) {
                Ok(event) => self.on(event, nonce),
                Err(_) => None,
            };
            if let Some(ending) = ending.or_else(|| self.check()) {
                return ending;
            }
        }
    }

    /// Waits until a killed QEMU is gone.
    pub fn reap(&mut self, queue: &Receiver<Event>) {
        let patience = Instant::now();
        while !self.reaped && patience.elapsed() < Duration::from_secs(5) {
            self.reaped = matches!(queue.recv_timeout(TICK), Ok(Event::QemuEnded(_)));
        }
    }

    /// What became of it.
    pub fn report(mut self, ending: Ending, line: Vec<String>, log: &Path) -> Attempt {
        self.times.qemu_start_to_end_ms = Some(self.ms());
        self.console.finish();
        let findings = self.console.findings().to_vec();
        let mut tail: Vec<String> = self
            .console
            .tail(20)
            .into_iter()
            .map(str::to_owned)
            .collect();
        let l1 = self.l1.map(L1::close);
        let (l1, l1_tail) = l1.unzip();
        tail.extend(l1_tail.into_iter().flatten());
        tail.extend(process::log_tail(log, 4));
        let progress = Progress {
            hello: self.hello.is_some(),
            // Whoever wants it live can take it twice.
            output: self.output.passed_on() && !self.plan.asked.live,
        };
        let record = vm_record::Attempt {
            tier: self.tier,
            command_line: line,
            l1: l1,
            outcome: judge(ending, &findings, progress),
            hello: self.hello,
            modules: self.modules,
            vcpus_report: self.report,
            times: self.times,
            console_findings: findings,
        };
        Attempt {
            record,
            progress,
            output: self.output,
            tail,
        }
    }

    fn ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    /// What no event tells: time that passed, and what the console says.
    fn check(&mut self) -> Option<Ending> {
        if self.looked.elapsed() >= TICK {
            self.looked = Instant::now();
            self.console.follow();
            if let Some(l1) = &mut self.l1 {
                l1.follow();
            }
            if self.oops.is_none() && self.console.worst() >= Some(FindingKind::Oops) {
                self.oops = Some(Instant::now());
            }
        }
        if let Some((when, gone)) = &self.gone {
            let late = when.elapsed() > LAST_BYTES;
            if self.open_ends > 0 && !late {
                return None;
            }
            let ended = self.ended(gone);
            return Some(self.exit.take().map_or(ended, |(_, exit)| exit));
        }
        if let Some((when, _)) = &self.exit {
            let over = when.elapsed() > self.limits.power_off;
            return self.exit.take_if(|_| over).map(|(_, exit)| exit);
        }
        self.check_limits()
    }

    fn ended(&self, gone: &Gone) -> Ending {
        match (gone, &self.l1) {
            (Gone::L1(status), Some(l1)) => match l1.panic() {
                Some(line) => Ending::L1Broke(line),
                None => Ending::L1Ended(l1.shutdown.clone(), status.clone()),
            },
            (Gone::Qemu(status) | Gone::L1(status), _) => {
                Ending::QemuEnded(self.shutdown.clone(), status.clone())
            }
        }
    }

    /// Limits of a guest whose command has not ended.
    fn check_limits(&self) -> Option<Ending> {
        let limits = &self.limits;
        let passed = |since: Option<Instant>, limit| since.is_some_and(|at| at.elapsed() > limit);
        if let Some((_, reason)) = self
            .broken
            .as_ref()
            .filter(|(at, _)| at.elapsed() > limits.grace)
        {
            return Some(Ending::ChannelLost(reason.clone()));
        }
        if passed(self.oops, limits.after_oops) {
            return Some(Ending::Stuck);
        }
        if self.hello.is_none() && self.start.elapsed() > limits.hello {
            return Some(Ending::NoHello(limits.hello.as_secs()));
        }
        if self.hello.is_some() && self.heard.elapsed() > limits.silence {
            return Some(Ending::Silence(limits.silence.as_secs()));
        }
        if passed(self.command, limits.command) {
            return Some(Ending::Timeout(limits.command.as_secs()));
        }
        None
    }
}
