// SPDX-License-Identifier: GPL-2.0

//! Watching one guest: what each event changes, and which limits apply meanwhile.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use hosting::{Place, Vcpu};
use wire::{Exit, Hello, Message, Note, WireError};

use crate::attempt::{Attempt, Times};
use crate::channel::Cue;
use crate::console::{Console, Kind};
use crate::event::Event;
use crate::middle::{Means, Middle};
use crate::mode;
use crate::output::{Output, Stream};
use crate::plan::{Limits, Plan};
use crate::process;
use crate::tier::Tier;
use crate::verdict::{judge, Ending, Progress};

/// How often the console is read and the limits are checked.
const TICK: Duration = Duration::from_millis(100);
/// How long the sockets of a QEMU that is gone may take to show their last bytes.
const LAST_BYTES: Duration = Duration::from_millis(500);

/// What is gone.
enum Gone {
    /// The QEMU that ran the guest, with this status.
    Qemu(String),
    /// The QEMU that ran the machine in the middle, with this status.
    Middle(String),
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
    middle: Option<Middle<'a>>,
    hello: Option<Hello>,
    modules: Vec<String>,
    map: Vec<Place>,
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
        cues: Sender<Cue>,
        middle: Option<Middle<'a>>,
    ) -> Watch<'a> {
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
            open_ends: if middle.is_some() { 4 } else { 2 },
            cues,
            middle,
            cued: false,
            hello: None,
            modules: Vec::new(),
            map: Vec::new(),
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
        let middle = self.middle.map(Middle::close);
        let (middle, middle_tail) = middle.unzip();
        tail.extend(middle_tail.into_iter().flatten());
        tail.extend(process::log_tail(log, 4));
        let progress = Progress {
            hello: self.hello.is_some(),
            // Whoever wants it live can take it twice.
            output: self.output.passed_on() && !self.plan.asked.live,
        };
        Attempt {
            tier: self.tier,
            command_line: line,
            middle,
            outcome: judge(ending, &findings, progress),
            hello: self.hello,
            modules: self.modules,
            map: self.map,
            times: self.times,
            console_findings: findings,
            progress,
            output: self.output,
            tail,
        }
    }

    fn ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    fn on(&mut self, event: Event, nonce: &str) -> Option<Ending> {
        match event {
            Event::Vcpus(vcpus) => return self.on_vcpus(&vcpus),
            Event::Shutdown(reason) => self.shutdown = Some(reason),
            Event::Stopped(state) if state == "internal-error" => {
                return Some(Ending::KvmFailed("KVM internal error".into()));
            }
            Event::Stopped(_) => {}
            Event::Port(open) if !open && self.hello.is_some() => {
                self.breaks("the guest closed its port".into());
            }
            Event::Port(_) => {}
            Event::QmpLost(reason) => {
                self.open_ends -= 1;
                if let Some(reason) = reason {
                    self.breaks(format!("QMP: {reason}"));
                }
            }
            Event::Message(message) => {
                let ending = self.on_message(message, nonce);
                // Passing output on may have taken long; the guest was not silent meanwhile.
                self.heard = Instant::now();
                return ending;
            }
            Event::ChannelLost(error) => {
                self.open_ends -= 1;
                return self.on_channel_lost(error);
            }
            Event::QemuEnded(status) => self.on_qemu_ended(status.to_string()),
            Event::Middle(event) => return self.on_middle(*event, nonce),
            Event::Signal(signal) => return Some(Ending::Signal(signal)),
        }
        None
    }

    fn on_vcpus(&mut self, vcpus: &[Vcpu]) -> Option<Ending> {
        self.times.qemu_start_to_qmp_ms = Some(self.ms());
        if self.middle.is_some() {
            // These threads are not ours: the middle machine puts them in their places.
            return None;
        }
        match hosting::pin(vcpus, &self.plan.cpus) {
            Ok(map) => self.map = map,
            Err(error) => return Some(Ending::NotStarted(format!("{error:#}"))),
        }
        self.cue_job();
        None
    }

    fn on_qemu_ended(&mut self, status: String) {
        self.reaped = true;
        let gone = match self.middle {
            Some(_) => Gone::Middle(status),
            None => Gone::Qemu(status),
        };
        self.gone.get_or_insert((Instant::now(), gone));
    }

    /// Something happened to the machine in the middle.
    fn on_middle(&mut self, event: Event, nonce: &str) -> Option<Ending> {
        if matches!(event, Event::QmpLost(_) | Event::ChannelLost(_)) {
            self.open_ends -= 1;
        }
        match self.middle.as_mut()?.on(event, nonce) {
            Means::Nothing => {}
            Means::Report(report) => self.on_report(report),
            Means::GuestQemuEnded(status) => {
                self.gone
                    .get_or_insert((Instant::now(), Gone::Qemu(status)));
            }
            Means::NotStarted(reason) => {
                return Some(Ending::NotStarted(format!("the middle machine: {reason}")));
            }
            Means::Broken(reason) => self.breaks(format!("the middle machine: {reason}")),
        }
        None
    }

    /// The first report says that the vCPUs are in their places, another how long they ran.
    fn on_report(&mut self, report: hosting::Report) {
        self.map = report.map;
        self.cue_job();
        if self.exit.is_some() {
            self.cue_goodbye();
        }
    }

    fn breaks(&mut self, reason: String) {
        self.broken.get_or_insert((Instant::now(), reason));
    }

    fn on_channel_lost(&mut self, error: WireError) -> Option<Ending> {
        match error {
            // The end of QEMU looks like this too: see which one it is.
            WireError::Closed | WireError::Truncated | WireError::Io(_) => {
                self.breaks(error.to_string());
                None
            }
            garbage => Some(Ending::ChannelLost(garbage.to_string())),
        }
    }

    fn on_message(&mut self, message: Message, nonce: &str) -> Option<Ending> {
        match message {
            Message::Hello(hello) => self.on_hello(hello, nonce),
            Message::Heartbeat(_) => None,
            Message::Note(note) => {
                self.on_note(note);
                None
            }
            Message::Stdout(data) => self.pass_on(Stream::Out, data),
            Message::Stderr(data) => self.pass_on(Stream::Err, data),
            Message::Exit(exit) => self.on_exit(exit, nonce),
            other => Some(Ending::ChannelLost(format!("the guest sent {other:?}"))),
        }
    }

    fn on_hello(&mut self, hello: Hello, nonce: &str) -> Option<Ending> {
        if hello.version != wire::VERSION {
            return Some(Ending::NotStarted(format!(
                "the image's `guest` speaks protocol {}, this vm {}; next step: `make image`",
                hello.version,
                wire::VERSION
            )));
        }
        if hello.nonce != nonce {
            return Some(Ending::ChannelLost(format!(
                "nonce {:?} is not ours",
                hello.nonce
            )));
        }
        self.times.qemu_start_to_hello_ms = Some(self.ms());
        let mode = self.plan.asked.mode;
        let mismatch = mode.and_then(|mode| mode::mismatch(mode, &hello));
        let (online, wanted) = (hello.vcpus, self.plan.vcpus);
        self.hello = Some(hello);
        if online as usize != wanted {
            return Some(Ending::VcpusMissing(online, wanted));
        }
        if let Some(reason) = mismatch {
            return Some(Ending::WrongMode(reason));
        }
        self.cue_job();
        None
    }

    /// The job goes out when the guest listens and every vCPU is in its place, not before.
    fn cue_job(&mut self) {
        if !self.cued && self.hello.is_some() && !self.map.is_empty() {
            self.cued = true;
            // A writer that is gone shows as a lost channel.
            let _ = self.cues.send(Cue::Job);
        }
    }

    /// The goodbye goes out when nothing is wanted of the guest any more.
    fn cue_goodbye(&mut self) {
        let _ = self.cues.send(Cue::Goodbye);
    }

    fn on_note(&mut self, note: Note) {
        match note {
            Note::ModuleLoaded { name } => self.modules.push(name),
            Note::ModuleFailed { name, error, log } => {
                self.refused = Some(format!("{name}: {error}\n  {}", log.join("\n  ")));
            }
            Note::Started { .. } => {
                self.times.qemu_start_to_first_command_ms = Some(self.ms());
                self.command = Some(Instant::now());
                match &self.middle {
                    Some(middle) => middle.say(hosting::STARTED),
                    None => self.map.iter_mut().for_each(Place::command_started),
                }
                self.plan.say(&self.plan.started_line(self.tier, self.ms()));
            }
            Note::NotStarted { error } => self.plan.complain(&error),
        }
    }

    fn pass_on(&mut self, stream: Stream, data: Vec<u8>) -> Option<Ending> {
        let result = self.output.take(stream, data);
        result
            .err()
            .map(|error| Ending::OutputClosed(error.to_string()))
    }

    fn on_exit(&mut self, exit: Exit, nonce: &str) -> Option<Ending> {
        if exit.nonce != nonce {
            return Some(Ending::ChannelLost(format!(
                "an exit with nonce {:?}",
                exit.nonce
            )));
        }
        self.times.qemu_start_to_command_end_ms = Some(self.ms());
        let ending = match self.refused.take() {
            Some(reason) => Ending::ModuleRefused(reason),
            None => Ending::Exit(exit),
        };
        self.exit = Some((Instant::now(), ending));
        match &self.middle {
            // Its answer is the report.
            Some(middle) => middle.say(hosting::ENDED),
            None => {
                self.map.iter_mut().for_each(Place::command_ended);
                self.cue_goodbye();
            }
        }
        None
    }

    /// What no event tells: time that passed, and what the console says.
    fn check(&mut self) -> Option<Ending> {
        if self.looked.elapsed() >= TICK {
            self.looked = Instant::now();
            self.console.follow();
            if let Some(middle) = &mut self.middle {
                middle.follow();
            }
            if self.oops.is_none() && self.console.worst() >= Some(Kind::Oops) {
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
        match (gone, &self.middle) {
            (Gone::Middle(status), Some(middle)) => match middle.panic() {
                Some(line) => Ending::MiddleBroke(line),
                None => Ending::MiddleEnded(middle.shutdown.clone(), status.clone()),
            },
            (Gone::Qemu(status) | Gone::Middle(status), _) => {
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
