// SPDX-License-Identifier: GPL-2.0

//! What the conductor does to a run: it says what is due, and takes vCPUs offline.

use algo::primitive::Relaxed;
use kernel::prelude::*;
use rig::{
    bring_online,
    is_online,
    may_go_offline,
    now_ns,
    online_vcpus,
    take_offline,
    Control, //
    Refused,
};

use super::{
    dice,
    Disturb, //
};

/// Something that is due again and again; never, if its period is 0.
struct Due {
    every_ns: u64,
    next_ns: u64,
}

impl Due {
    fn every(every_ns: u64) -> Self {
        Self {
            every_ns,
            next_ns: match every_ns {
                0 => u64::MAX,
                _ => every_ns,
            },
        }
    }

    /// Returns whether it is due, and puts it off if so. What was missed is not made up for.
    fn at(&mut self, now_ns: u64) -> bool {
        let due = now_ns >= self.next_ns;
        if due {
            self.next_ns = now_ns.saturating_add(self.every_ns);
        }
        due
    }
}

/// How often to try to bring a vCPU back before that is an error, and how long to wait between.
const TRIES: u32 = 50;
const BETWEEN_TRIES_NS: u64 = 20_000_000;

impl Disturb {
    /// Disturbs the run until its alarm has rung, and leaves every vCPU online that it found so.
    pub(crate) fn control(&self, control: &Control<'_>) -> Result<(), Refused> {
        let mut shuffle = Due::every(self.shuffle_ns);
        let mut onoff = Due::every(self.onoff_ns);
        let mut long = Due::every(self.long_hold_every_ns);
        let mut boost = Due::every(self.boost_ns);
        self.send_home(control, 0);
        let mut away = None;
        loop {
            let next = [&shuffle, &onoff, &long, &boost].map(|due| due.next_ns);
            let next = next.into_iter().fold(u64::MAX, u64::min);
            if next == u64::MAX || !control.sleep_until(next) {
                break;
            }
            let now = now_ns().saturating_sub(control.opened_ns());
            if shuffle.at(now) {
                let turns = self.done.shuffles.fetch_add(1, Relaxed).wrapping_add(1);
                self.send_home(control, turns);
                self.turn.add(1, Relaxed);
            }
            if long.at(now) {
                self.long.store(true, Relaxed);
            }
            if boost.at(now) {
                let index = dice::below(control.placements.len()) as u32;
                self.urgent.store(index.wrapping_add(1), Relaxed);
            }
            if onoff.at(now) {
                away = match away {
                    None => self.take_one_away(control),
                    Some(vcpu) => self.bring_back(vcpu),
                };
            }
        }
        away.map_or(Ok(()), |vcpu| self.restore(vcpu))
    }

    /// Gives each thread a vCPU that is online, `turns` further than the one it began on.
    fn send_home(&self, control: &Control<'_>, turns: u64) {
        for (index, (home, place)) in (0u64..).zip(self.homes.iter().zip(control.placements)) {
            let vcpu = match turns {
                0 => place.vcpu(),
                _ => rig::nth_online(index.wrapping_add(turns)),
            };
            home.store(vcpu, Relaxed);
        }
    }

    /// Takes the vCPU of one of the threads offline, or another if theirs cannot go; returns it if
    /// that could be done.
    fn take_one_away(&self, control: &Control<'_>) -> Option<u32> {
        let count = control.placements.len();
        let from_one = control.placements.iter().cycle().skip(dice::below(count));
        let mut theirs = from_one.take(count).map(|place| place.vcpu());
        let vcpu = theirs
            .find(|&vcpu| may_go_offline(vcpu) && is_online(vcpu))
            .or_else(|| online_vcpus().find(|&vcpu| may_go_offline(vcpu)))?;
        match take_offline(vcpu) {
            Ok(()) => {
                self.done.offline.add(1, Relaxed);
                Some(vcpu)
            }
            Err(_) => {
                self.done.refused.add(1, Relaxed);
                None
            }
        }
    }

    /// Brings `vcpu` online, and has the threads go home; returns it if that failed.
    fn bring_back(&self, vcpu: u32) -> Option<u32> {
        if bring_online(vcpu).is_err() {
            self.done.refused.add(1, Relaxed);
            return Some(vcpu);
        }
        self.turn.add(1, Relaxed);
        None
    }

    /// Brings `vcpu` online however the run ended; what keeps it from that does not last.
    fn restore(&self, vcpu: u32) -> Result<(), Refused> {
        let mut errno = EBUSY;
        for _ in 0..TRIES {
            match bring_online(vcpu) {
                Ok(()) => return Ok(()),
                Err(e) => errno = e,
            }
            self.done.refused.add(1, Relaxed);
            rig::sleep_until(now_ns().saturating_add(BETWEEN_TRIES_NS));
        }
        Err(Refused::new(
            EIO,
            format_args!(
                "vCPU {vcpu} stays offline ({errno:?}); \
                 as root: echo 1 > /sys/devices/system/cpu/cpu{vcpu}/online"
            ),
        ))
    }
}
