// SPDX-License-Identifier: GPL-2.0

//! What made each wait long, from the log of the machine: the truth, which no guest can see.
//!
//! ```text
//!   vCPU of the holder    ──────┤ preempted ├────────
//!   life of the lock      ──hold────────────────┤hand-off├──hold──
//!   wait                     ├────────────────────────────┤
//!   parts                       ░░░░░░░░░░░░░ holder
//! ```
//!
//! The life of a lock is a sequence of sections and hand-offs. Time for which the vCPU of a section did not
//! run is the holder's part of a wait, that of a hand-off to another thread a predecessor's. The waiter's own
//! part is that of the hand-off to it. Where any running waiter may take the lock, it is its time without a
//! CPU from when the lock was free first: it missed its chance then.

use abi::lock_load::Cause;
use machine::{Entry, Logged, Ns, VcpuId};

use crate::marks;

/// From, until.
type Interval = (Ns, Ns);

/// A preemption of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preemption {
    /// When.
    pub at: Ns,
    /// Its number in the run, by which it is named.
    pub number: u64,
    /// Of which vCPU.
    pub vcpu: VcpuId,
}

/// A wait for the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The thread, and its vCPU.
    pub thread: u32,
    /// When it came to the lock.
    pub came: Ns,
    /// When it entered its section.
    pub entered: Ns,
    /// Time lost by holders, predecessors and itself, and the rest.
    pub parts: [Ns; 4],
    /// The preemptions that the part of its [cause](Wait::cause) is made of.
    pub by: Vec<Preemption>,
}

impl Wait {
    /// The part of its cause.
    pub fn largest(&self) -> Ns {
        let at = Cause::ALL.iter().position(|cause| *cause == self.cause());
        at.map_or(0, |at| self.parts[at])
    }

    /// Its length.
    pub fn ns(&self) -> Ns {
        self.entered - self.came
    }

    /// What took the largest part.
    pub fn cause(&self) -> Cause {
        let [holder, predecessor, own, queue] = self.parts;
        match holder.max(predecessor).max(own) {
            most if most == 0 || most < queue => Cause::Queueing,
            most if most == holder => Cause::HolderPreempted,
            most if most == predecessor => Cause::PredecessorPreempted,
            _ => Cause::WaiterStolen,
        }
    }
}

/// Time for which a vCPU could run and did not, with the preemption that began it.
#[derive(Clone, Copy, Debug)]
struct Absence {
    at: Interval,
    by: Option<Preemption>,
}

/// A section, and the hand-off before it.
#[derive(Clone, Copy, Debug)]
struct Section {
    thread: u32,
    came: Ns,
    /// When the section before ended.
    free: Ns,
    entered: Ns,
    left: Ns,
}

/// The life of a lock.
#[derive(Default)]
struct Life {
    /// Of each vCPU.
    absences: Vec<Vec<Absence>>,
    /// In the order of entering.
    sections: Vec<Section>,
}

/// Returns the waits longer than `least` that `log` shows; whether the lock serves in order of arrival.
pub fn long_waits(log: &[Logged], threads: u32, least: Ns, fifo: bool) -> Vec<Wait> {
    let life = Life::of(log, threads);
    let sections = life.sections.iter().enumerate();
    let long = sections.filter(|(_, section)| section.entered - section.came > least);
    long.map(|(at, _)| life.wait(at, fifo)).collect()
}

/// Since when a vCPU does not run, and what preempted it: no one where it halted.
type Away = (Ns, Option<Preemption>);

impl Life {
    fn of(log: &[Logged], threads: u32) -> Self {
        let mut life = Self {
            absences: vec![Vec::new(); threads as usize],
            sections: Vec::new(),
        };
        let mut away: Vec<Option<Away>> = vec![None; threads as usize];
        let mut came = vec![0; threads as usize];
        let mut free = 0;
        for &Logged { at, entry } in log {
            match entry {
                Entry::Preempted(vcpu, number) => {
                    let by = Preemption { at, number, vcpu };
                    set(&mut away, vcpu.index(), Some((at, Some(by))))
                }
                Entry::Wakes(vcpu) => set(&mut away, vcpu.index(), Some((at, None))),
                Entry::Runs(vcpu, _) => {
                    let since = away.get_mut(vcpu.index()).and_then(Option::take);
                    if let (Some((from, by)), Some(of)) =
                        (since, life.absences.get_mut(vcpu.index()))
                    {
                        of.push(Absence { at: (from, at), by });
                    }
                }
                Entry::Mark(vcpu, marks::COMES, _) => came[vcpu.index()] = at,
                Entry::Mark(vcpu, marks::ENTERS, _) => life.sections.push(Section {
                    thread: vcpu.0,
                    came: came[vcpu.index()],
                    free,
                    entered: at,
                    left: Ns::MAX,
                }),
                Entry::Mark(_, marks::LEAVES, _) => {
                    free = at;
                    if let Some(last) = life.sections.last_mut() {
                        last.left = at;
                    }
                }
                _ => {}
            }
        }
        life
    }

    /// The absences of a vCPU within an interval, cut to it.
    fn lost(&self, vcpu: u32, within: Interval) -> impl Iterator<Item = Absence> + '_ {
        let all = &self.absences[vcpu as usize];
        let first = all.partition_point(|absence| absence.at.1 <= within.0);
        let cut = all[first..].iter().map(move |absence| Absence {
            at: (absence.at.0.max(within.0), absence.at.1.min(within.1)),
            by: absence.by,
        });
        cut.take_while(|absence| absence.at.0 < absence.at.1)
    }

    /// The wait of the section at a place.
    fn wait(&self, at: usize, fifo: bool) -> Wait {
        let mine = self.sections[at];
        let whole = (mine.came, mine.entered);
        let first = self.sections[..at]
            .iter()
            .rposition(|section| section.left <= whole.0);
        let during = &self.sections[first.map_or(0, |first| first + 1)..at];
        let own: Vec<Absence> = match fifo {
            true => self
                .lost(mine.thread, cut((mine.free, mine.entered), whole))
                .collect(),
            false => self.missed(&mine, during).collect(),
        };
        let mine_alone: Vec<Interval> = own.iter().map(|absence| absence.at).collect();
        let (mut parts, mut by) = ([0; 4], [const { Vec::new() }; 4]);
        let mut add = |part: usize, absence: Absence| {
            parts[part] += absence.at.1 - absence.at.0;
            by[part].extend(absence.by);
        };
        own.iter().for_each(|absence| add(2, *absence));
        for section in during {
            for (part, within) in [
                (0, (section.entered, section.left)),
                (1, (section.free, section.entered)),
            ] {
                for absence in self.lost(section.thread, cut(within, whole)) {
                    let rest = without(absence.at, &mine_alone);
                    rest.into_iter()
                        .for_each(|at| add(part, Absence { at, ..absence }));
                }
            }
        }
        let lost: Ns = parts.iter().sum();
        parts[3] = (whole.1 - whole.0).saturating_sub(lost);
        let mut wait = Wait {
            thread: mine.thread,
            came: mine.came,
            entered: mine.entered,
            parts,
            by: Vec::new(),
        };
        let of_cause = Cause::ALL.iter().position(|cause| *cause == wait.cause());
        wait.by = of_cause.map_or_else(Vec::new, |part| std::mem::take(&mut by[part]));
        wait
    }

    /// The absences of a waiter at an unordered lock, each from when the lock was free first in it.
    fn missed<'a>(
        &'a self,
        mine: &'a Section,
        during: &'a [Section],
    ) -> impl Iterator<Item = Absence> + 'a {
        let all = self.lost(mine.thread, (mine.came, mine.entered));
        all.filter_map(move |absence| {
            let releases = during.iter().map(|section| section.left);
            let is_free_at_once = during.last().is_none_or(|last| last.left <= absence.at.0);
            let free = match is_free_at_once {
                true => Some(absence.at.0),
                false => releases.filter(|left| *left >= absence.at.0).min(),
            };
            let from = free.filter(|free| *free < absence.at.1)?;
            Some(Absence {
                at: (from, absence.at.1),
                ..absence
            })
        })
    }
}

fn set<T>(list: &mut [Option<T>], at: usize, to: Option<T>) {
    if let Some(slot) = list.get_mut(at) {
        *slot = to;
    }
}

/// What two intervals have in common; from is not before until if that is nothing.
fn cut(a: Interval, b: Interval) -> Interval {
    (a.0.max(b.0), a.1.min(b.1))
}

/// What is left of an interval without others, which are sorted.
fn without(of: Interval, others: &[Interval]) -> Vec<Interval> {
    let (mut from, mut left) = (of.0, Vec::new());
    for &(begin, end) in others {
        if begin >= of.1 {
            break;
        }
        if begin > from {
            left.push((from, begin));
        }
        from = from.max(end);
    }
    if from < of.1 {
        left.push((from, of.1));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use machine::CpuId;

    fn log(entries: &[(Ns, u32, &str)]) -> Vec<Logged> {
        let entry = |vcpu: u32, what: &str| {
            let vcpu = VcpuId(vcpu);
            match what {
                "comes" => Entry::Mark(vcpu, marks::COMES, 0),
                "enters" => Entry::Mark(vcpu, marks::ENTERS, 0),
                "leaves" => Entry::Mark(vcpu, marks::LEAVES, 0),
                "preempted" => Entry::Preempted(vcpu, 7),
                "wakes" => Entry::Wakes(vcpu),
                _ => Entry::Runs(vcpu, CpuId(0)),
            }
        };
        let entries = entries.iter();
        entries
            .map(|&(at, vcpu, what)| Logged {
                at,
                entry: entry(vcpu, what),
            })
            .collect()
    }

    #[test]
    fn holder_predecessor_and_waiter_have_their_parts() {
        let log = log(&[
            (0, 0, "comes"),
            (0, 0, "enters"),
            (10, 1, "comes"),
            (20, 2, "comes"),
            (30, 0, "preempted"),
            (80, 0, "runs"),
            (90, 0, "leaves"),
            (95, 1, "preempted"),
            (115, 1, "runs"),
            (120, 1, "enters"),
            (130, 1, "leaves"),
            (131, 2, "wakes"),
            (141, 2, "runs"),
            (145, 2, "enters"),
            (150, 2, "leaves"),
        ]);
        let waits = long_waits(&log, 3, 50, true);
        let parts: Vec<_> = waits.iter().map(|wait| (wait.thread, wait.parts)).collect();
        assert_eq!(parts, [(1, [50, 0, 20, 40]), (2, [50, 20, 10, 45])]);
        assert_eq!(
            (waits[0].cause(), waits[0].by.clone()),
            (
                Cause::HolderPreempted,
                vec![Preemption {
                    at: 30,
                    number: 7,
                    vcpu: VcpuId(0)
                }]
            )
        );
    }

    #[test]
    fn waiter_of_an_unordered_lock_misses_its_chance_once_the_lock_is_free() {
        let log = log(&[
            (0, 0, "enters"),
            (10, 1, "comes"),
            (20, 0, "preempted"),
            (30, 1, "preempted"),
            (60, 0, "runs"),
            (70, 0, "leaves"),
            (110, 1, "runs"),
            (110, 1, "enters"),
            (120, 1, "leaves"),
        ]);
        let parts = |fifo| long_waits(&log, 2, 50, fifo)[0].parts;
        assert_eq!(
            parts(false),
            [40, 0, 40, 20],
            "40 of the 80 that it was away"
        );
        assert_eq!(parts(true), [40, 0, 40, 20]);
    }

    #[test]
    fn holder_that_entered_while_the_waiter_was_away_is_not_its_cause() {
        let log = log(&[
            (0, 0, "enters"),
            (10, 1, "comes"),
            (20, 1, "preempted"),
            (30, 0, "leaves"),
            (35, 2, "enters"),
            (40, 2, "preempted"),
            (90, 2, "runs"),
            (95, 2, "leaves"),
            (100, 1, "runs"),
            (101, 1, "enters"),
            (110, 1, "leaves"),
        ]);
        let parts = |fifo| long_waits(&log, 3, 50, fifo)[0].parts;
        assert_eq!(parts(false), [0, 0, 70, 21]);
        assert_eq!(parts(true), [50, 0, 5, 36], "it was not its turn");
    }

    #[test]
    fn interval_without_others() {
        assert_eq!(
            without((0, 10), &[(2, 4), (3, 5), (8, 20)]),
            [(0, 2), (5, 8)]
        );
        assert_eq!(without((0, 10), &[(0, 10)]), []);
        assert_eq!(without((0, 10), &[]), [(0, 10)]);
    }
}
