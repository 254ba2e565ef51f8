// SPDX-License-Identifier: GPL-2.0

//! The plan: operation `number` depends on the seed and its number alone.

use std::fmt;

use rustix::io::Errno;

use super::settings::{Choices, Due, Word};
use crate::{random::Random, raw};

/// Files that show something, with their longest writes refused.
const READABLE: [&str; 7] = [
    "config",
    "run",
    "status",
    "now",
    "report",
    "abi",
    "events/kicks",
];
const READ_ONLY: [&str; 4] = ["status", "now", "report", "abi"];
/// Longest write that modules take.
const LONGEST: usize = 4096;

/// One operation on one module.
#[derive(Debug)]
pub struct Operation {
    pub module: usize,
    pub act: Act,
    /// Through a descriptor that the process has kept open, if it has one.
    pub kept: bool,
}

impl Operation {
    /// Whether it is a run whose report is held against its settings.
    pub fn is_run(&self) -> bool {
        let Act::Alone(Alone::Run(words, _)) = &self.act else {
            return false;
        };
        !words.iter().any(|word| word.due == Due::ByVcpus)
    }
}

#[derive(Debug)]
pub enum Act {
    /// A read of the whole text by one call.
    Read(&'static str),
    /// Reads of so many bytes until the end.
    Pieces(&'static str, usize),
    /// A read at an offset.
    At(&'static str, u64, usize),
    Write(&'static str, Text),
    /// Operations that no other may disturb.
    Alone(Alone),
    /// `rmmod` and `insmod`.
    Reload,
}

#[derive(Debug)]
pub enum Alone {
    /// Writes words, and reads back what was accepted.
    Set(Vec<Word>),
    /// Stops the run under way.
    Stop,
    /// Resets, and reads the defaults.
    Reset,
    /// Starts a run with these settings, and stops it after so many milliseconds.
    Run(Vec<Word>, u64),
}

/// Bytes for a file, and the replies that they may have.
pub struct Text {
    pub bytes: Vec<u8>,
    pub replies: Replies,
}

/// Replies that a write may have.
#[derive(Default, PartialEq, Eq)]
pub struct Replies {
    pub accepted: bool,
    pub errnos: Vec<Errno>,
}

impl Replies {
    fn of(accepted: bool, errnos: &[Errno]) -> Self {
        let errnos = errnos.into();
        Self { accepted, errnos }
    }

    /// What a write of `words` to `config` is due: the first that is refused decides.
    pub fn to_words(words: &[Word], idle: bool) -> Self {
        let mut errnos = Vec::new();
        for (i, word) in words.iter().enumerate() {
            let last = match word.due {
                Due::Accepted => continue,
                Due::ByVcpus => {
                    errnos.push(Errno::RANGE);
                    continue;
                }
                Due::OutOfRange => Errno::RANGE,
                Due::Malformed => Errno::INVAL,
            };
            errnos.push(last);
            // A valid word before it may be one that cannot change during a run.
            errnos.extend((!idle && i > 0).then_some(Errno::BUSY));
            return Self {
                accepted: false,
                errnos,
            };
        }
        errnos.extend((!idle).then_some(Errno::BUSY));
        Self {
            accepted: true,
            errnos,
        }
    }

    pub fn allow(&self, reply: Result<(), Errno>) -> bool {
        match reply {
            Ok(()) => self.accepted,
            Err(errno) => self.errnos.contains(&errno),
        }
    }
}

impl fmt::Debug for Replies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accepted = self.accepted.then_some("Ok");
        let errnos = self.errnos.iter().map(|&errno| raw::word(errno));
        let words: Vec<_> = accepted.into_iter().chain(errnos).collect();
        f.write_str(&words.join(" or "))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.bytes[..self.bytes.len().min(300)];
        write!(
            f,
            "{} bytes {:?}",
            self.bytes.len(),
            String::from_utf8_lossy(shown)
        )
    }
}

/// Operation `number` of the plan of `seed`.
pub fn operation(seed: u64, number: u64, choices: &[Choices], reload: bool) -> Operation {
    let random = &mut Random::of(seed, number);
    let module = random.below(choices.len() as u64) as usize;
    let choices = &choices[module];
    let file = pick(&READABLE, random);
    let act = match random.below(1000) {
        0..=2 if reload => Act::Reload,
        0..=349 => Act::Read(file),
        350..=449 => Act::Pieces(file, *random.pick(&[1, 7, 64, 511, 4096])),
        450..=549 => {
            let offsets = [
                1,
                5,
                17,
                100,
                4095,
                1 << 30,
                u64::from(u32::MAX),
                1 << 32,
                (1 << 32) + 1,
                1 << 62,
            ];
            Act::At(file, *random.pick(&offsets), random.below(5000) as usize)
        }
        550..=699 => Act::Write("config", settings(choices, random)),
        700..=759 => Act::Write("run", start()),
        760..=799 => Act::Write("run", text("stop\n", true, &[])),
        800..=839 => Act::Write(pick(&["run", "reset", "config"], random), garbage(random)),
        840..=859 => Act::Write("reset", text("1", true, &[Errno::BUSY])),
        860..=889 => Act::Write(pick(&READ_ONLY, random), read_only(random)),
        _ => Act::Alone(alone(choices, random)),
    };
    let kept = random.once_in(3);
    Operation { module, act, kept }
}

fn pick(files: &[&'static str], random: &mut Random) -> &'static str {
    files[random.below(files.len() as u64) as usize]
}

fn text(bytes: impl Into<Vec<u8>>, accepted: bool, errnos: &[Errno]) -> Text {
    Text {
        bytes: bytes.into(),
        replies: Replies::of(accepted, errnos),
    }
}

/// A start is refused during a run, and ends if a stop comes while the run is prepared.
fn start() -> Text {
    text(
        "start",
        true,
        &[&STARTS[..], &[Errno::BUSY, Errno::CANCELED]].concat(),
    )
}

/// Errnos of a start that is refused for settings that exclude each other, or for lack of vCPUs,
/// hypercalls or memory.
pub const STARTS: [Errno; 4] = [Errno::INVAL, Errno::RANGE, Errno::NODEV, Errno::NOMEM];

fn settings(choices: &Choices, random: &mut Random) -> Text {
    let words = either(choices, random);
    let gap = *random.pick(&[" ", "\n", "\t", "  # comment\n"]);
    Text {
        bytes: join(&words, gap),
        replies: Replies::to_words(&words, false),
    }
}

/// Words all valid, or one of them not.
fn either(choices: &Choices, random: &mut Random) -> Vec<Word> {
    let valid = random.once_in(2);
    choices.words(random, valid)
}

pub fn join(words: &[Word], gap: &str) -> Vec<u8> {
    let words: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
    words.join(gap).into()
}

/// Bytes that no file accepts.
fn garbage(random: &mut Random) -> Text {
    let bytes = match random.below(5) {
        0 => b"\xff\xfe".to_vec(),
        1 => (0..=255).collect(),
        2 => vec![b' '; LONGEST + 1 + random.below(1 << 20) as usize],
        3 => vec![b'x'; 1 + random.below(LONGEST as u64) as usize],
        _ => b"start\0".to_vec(),
    };
    text(bytes, false, &[Errno::INVAL])
}

fn read_only(random: &mut Random) -> Text {
    let length = random.below(5000) as usize;
    text(vec![b'1'; length], false, &[Errno::INVAL])
}

fn alone(choices: &Choices, random: &mut Random) -> Alone {
    match random.below(6) {
        0 | 1 => Alone::Set(either(choices, random)),
        2 => Alone::Stop,
        3 => Alone::Reset,
        _ => Alone::Run(choices.words(random, true), random.below(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64) -> Vec<String> {
        let choices = [
            Choices::of::<abi::lock_load::Config>(4),
            Choices::of::<abi::job_runner::Config>(4),
        ];
        let operation = |n| format!("{:?}", operation(seed, n, &choices, true));
        (0..2000).map(operation).collect()
    }

    #[test]
    fn a_seed_determines_its_plan() {
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }

    #[test]
    fn a_plan_has_every_kind_of_operation() {
        let plan = plan(1);
        for kind in [
            "Read(",
            "Pieces(",
            "At(",
            "Write(\"reset\"",
            "Set(",
            "Stop",
            "Reset",
            "Run(",
            "Reload",
        ] {
            assert!(plan.iter().any(|o| o.contains(kind)), "no {kind}");
        }
    }

    #[test]
    fn the_first_refused_word_decides() {
        let word = |due| Word {
            text: String::new(),
            due,
        };
        let (good, range, bad) = (
            word(Due::Accepted),
            word(Due::OutOfRange),
            word(Due::Malformed),
        );
        let reply = Replies::to_words(&[good.clone(), range, bad.clone()], true);
        assert_eq!(reply, Replies::of(false, &[Errno::RANGE]));
        let reply = Replies::to_words(&[bad, good], false);
        assert_eq!(reply, Replies::of(false, &[Errno::INVAL]));
    }
}
