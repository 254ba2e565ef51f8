// SPDX-License-Identifier: GPL-2.0

//! Milestones of an attempt, since QEMU's start, and the time limits that run from each.

use std::time::Duration;

use vm_record::Times;

use super::outcome::Ending;
use crate::limits::Limits;

#[derive(Debug, Default)]
pub struct Milestones {
    pub qmp: Option<Duration>,
    pub hello: Option<Duration>,
    /// The last message of the guest.
    pub heard: Duration,
    pub command_start: Option<Duration>,
    /// The command ended, with all its output received.
    pub command_end: Option<Duration>,
    /// A stall before any module or command. It is the emulator's: now and then a vCPU waits until an NMI comes.
    pub boot_stall: Option<String>,
    /// The first oops on the console.
    pub oops: Option<Duration>,
    pub broken: Option<(Duration, String)>,
}

impl Milestones {
    /// The limit that a guest exceeds at `now`, while its command has not ended.
    pub fn exceeded(&self, limits: &Limits, now: Duration) -> Option<Ending> {
        let over = |since: Option<Duration>, limit| since.is_some_and(|since| now > since + limit);
        let broken = self.broken.as_ref();
        if let Some((_, reason)) = broken.filter(|(at, _)| over(Some(*at), limits.broken_channel)) {
            return Some(Ending::ChannelLost(reason.clone()));
        }
        if let Some(line) = &self.boot_stall {
            return Some(Ending::BootStall(line.clone()));
        }
        if over(self.oops, limits.after_oops) {
            return Some(Ending::Stuck);
        }
        if self.hello.is_none() && now > limits.hello {
            return Some(Ending::NoHello(limits.hello.as_secs()));
        }
        if self.hello.is_some() && over(Some(self.heard), limits.silence) {
            return Some(Ending::Silence(limits.silence.as_secs()));
        }
        over(self.command_start, limits.command)
            .then_some(Ending::Timeout(limits.command.as_secs()))
    }

    pub fn times(&self, end: Duration) -> Times {
        let ms = |at: Option<Duration>| at.map(|at| at.as_millis() as u64);
        Times {
            qemu_start_to_qmp_ms: ms(self.qmp),
            qemu_start_to_hello_ms: ms(self.hello),
            qemu_start_to_first_command_ms: ms(self.command_start),
            qemu_start_to_command_end_ms: ms(self.command_end),
            qemu_start_to_end_ms: ms(Some(end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let s = Duration::from_secs;
        Limits {
            hello: s(20),
            silence: s(15),
            power_off: s(10),
            broken_channel: s(2),
            after_oops: s(10),
            command: s(600),
        }
    }

    #[test]
    fn each_limit_runs_from_its_milestone() {
        let s = Duration::from_secs;
        let limits = limits();
        let mut milestones = Milestones::default();
        let mut expect = |change: fn(&mut Milestones), limit, expected| {
            change(&mut milestones);
            let at = |now| milestones.exceeded(&limits, now);
            assert!(at(s(limit)).is_none(), "{expected}");
            let ending = at(s(limit) + Duration::from_millis(1)).expect(expected);
            assert_eq!(format!("{ending:?}"), expected);
        };
        expect(|_| {}, 20, "NoHello(20)");
        let hello = |at: &mut Milestones| {
            at.hello = Some(Duration::from_secs(5));
            at.heard = Duration::from_secs(100);
        };
        expect(hello, 115, "Silence(15)");
        let command = |at: &mut Milestones| {
            at.command_start = Some(Duration::from_secs(6));
            at.heard = Duration::from_secs(606);
        };
        expect(command, 606, "Timeout(600)");
        expect(|at| at.oops = Some(Duration::from_secs(100)), 110, "Stuck");
        let broken = |at: &mut Milestones| {
            at.broken = Some((Duration::from_secs(100), "closed".into()));
        };
        expect(broken, 102, "ChannelLost(\"closed\")");
    }

    #[test]
    fn stall_of_a_boot_ends_it_at_once() {
        let milestones = Milestones {
            boot_stall: Some("stall".into()),
            ..Milestones::default()
        };
        let limits = limits();
        let ending = milestones.exceeded(&limits, Duration::ZERO);
        assert_eq!(format!("{ending:?}"), "Some(BootStall(\"stall\"))");
    }
}
