// SPDX-License-Identifier: GPL-2.0

//! One process: its share of the plan, with file descriptors of its own.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{anyhow, ensure, Context, Result};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{self, Errno},
};

use super::{
    plan::{Act, Operation, Text},
    target::Target,
};
use crate::raw::{self, open_as};

/// Longest time of a system call on a control file, on a host that is busy.
const SLOW: Duration = Duration::from_secs(10);
/// The same of a start, which prepares what its settings ask for; a stop ends it.
const START: Duration = Duration::from_secs(60);
/// An offset beyond the end of every text.
const BEYOND: u64 = 1 << 30;
/// Room for any text but a very long report.
const ROOM: usize = 1 << 18;

/// A descriptor, and the generation of the module that it was opened in.
struct Open {
    file: OwnedFd,
    generation: u32,
}

pub struct Process<'a> {
    targets: &'a [Target],
    kept: HashMap<(usize, &'static str), Open>,
}

impl<'a> Process<'a> {
    pub fn new(targets: &'a [Target]) -> Self {
        let kept = HashMap::new();
        Self { targets, kept }
    }

    /// Does an operation, and counts the reports held against their settings; an error is a violation.
    pub fn operate(&mut self, operation: &Operation) -> Result<u64> {
        let target = &self.targets[operation.module];
        let context = || format!("{}: {:?}", target.name, operation.act);
        let outcome = match &operation.act {
            Act::Alone(alone) => return super::alone::operate(target, alone).with_context(context),
            Act::Reload => {
                let _shared = target.alone.read();
                target.reload()
            }
            Act::Read(file) => self.read(operation, file, Read::Whole),
            Act::Pieces(file, size) => self.read(operation, file, Read::Pieces(*size)),
            Act::At(file, offset, length) => self.read(operation, file, Read::At(*offset, *length)),
            Act::Write(file, text) => self.write(operation, file, text),
        };
        outcome.map(|()| 0).with_context(context)
    }

    fn read(&mut self, operation: &Operation, file: &'static str, how: Read) -> Result<()> {
        let target = &self.targets[operation.module];
        let (file, how) = match target.existing(file) {
            // The kernel's files of numbers have no offsets.
            file if file.starts_with("events/") => (file, Read::Pieces(64)),
            file => (file, how),
        };
        // Only a new descriptor is read from its start.
        let keep = operation.kept && !matches!(how, Read::Pieces(_));
        let reply = self.call(operation.module, file, keep, SLOW, |fd| how.read(fd))?;
        match (reply, how) {
            (Some(Ok(bytes)), Read::At(..)) => {
                let beyond = matches!(how, Read::At(BEYOND.., _)) && !bytes.is_empty();
                ensure!(
                    !beyond,
                    "expected nothing at that offset; came {} bytes",
                    bytes.len()
                );
            }
            (Some(Ok(bytes)), _) => target.parse(file, &bytes).with_context(|| {
                let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]).into_owned();
                format!("expected a text of this file; came {shown:?}")
            })?,
            // The text changed between two reads.
            (Some(Err(Errno::STALE)), Read::Pieces(_) | Read::At(..)) | (None, _) => {}
            (Some(Err(errno)), _) => {
                return Err(anyhow!("expected a text; came {}", raw::word(errno)))
            }
        }
        Ok(())
    }

    fn write(&mut self, operation: &Operation, file: &'static str, text: &Text) -> Result<()> {
        let within = match text.bytes == b"start" {
            true => START,
            false => SLOW,
        };
        let reply = self.call(operation.module, file, operation.kept, within, |fd| {
            write(fd, &text.bytes)
        })?;
        let Some(reply) = reply else { return Ok(()) };
        let (allowed, came) = (text.replies.allow(reply), raw::reply(&reply));
        ensure!(allowed, "expected {:?}; came {came}", text.replies);
        Ok(())
    }

    /// Opens `file`, or takes the kept descriptor, and calls it; none if that failed because the
    /// module was removed, as it then must or may.
    fn call<T>(
        &mut self,
        module: usize,
        file: &'static str,
        keep: bool,
        within: Duration,
        call: impl FnOnce(&OwnedFd) -> Result<T, Errno>,
    ) -> Result<Option<Result<T, Errno>>> {
        let target = &self.targets[module];
        let _shared = target.alone.read();
        let (before, began) = (target.generation(), Instant::now());
        let key = (module, file);
        let kept = keep.then(|| self.kept.remove(&key)).flatten();
        let open = match kept {
            Some(open) => open,
            None => match open_any(target, file) {
                Ok(file) => Open {
                    file,
                    generation: before,
                },
                Err(errno) => return removed(target, before, Err(errno)),
            },
        };
        let reply = call(&open.file);
        let took = began.elapsed();
        ensure!(
            took < within,
            "expected a reply within {within:?}; came after {took:?}"
        );
        if open.generation + 1 < before {
            // Of a module that was gone before the call.
            let came = raw::reply(&reply);
            ensure!(
                came == "EIO",
                "expected EIO of a file of a removed module; came {came}"
            );
            return Ok(None);
        }
        if keep && target.generation() == before && before % 2 == 0 {
            self.kept.insert(key, open);
        }
        removed(target, before, reply)
    }
}

/// None for an error that a removal since generation `before` accounts for.
fn removed<T>(
    target: &Target,
    before: u32,
    reply: Result<T, Errno>,
) -> Result<Option<Result<T, Errno>>> {
    let stable = before % 2 == 0 && target.generation() == before;
    match reply {
        Err(Errno::IO | Errno::NOENT) if !stable => Ok(None),
        reply => Ok(Some(reply)),
    }
}

/// Opens for what the modes of the files allow.
fn open_any(target: &Target, file: &str) -> Result<OwnedFd, Errno> {
    // Root may open what no mode allows.
    open_as(&target.file(file), OFlags::RDWR)
}

fn write(fd: &OwnedFd, bytes: &[u8]) -> Result<(), Errno> {
    match io::write(fd, bytes)? {
        n if n == bytes.len() => Ok(()),
        _ => Err(Errno::NOSPC),
    }
}

#[derive(Clone, Copy)]
enum Read {
    Whole,
    Pieces(usize),
    At(u64, usize),
}

impl Read {
    fn read(self, fd: &OwnedFd) -> Result<Vec<u8>, Errno> {
        let (mut at, size) = match self {
            Self::Whole => (0, ROOM),
            Self::Pieces(size) => (0, size),
            Self::At(at, size) => (at, size),
        };
        let (mut all, mut piece) = (Vec::new(), vec![0; size]);
        loop {
            let n = match self {
                Self::Pieces(_) => io::read(fd, &mut piece)?,
                _ => io::pread(fd, &mut piece, at)?,
            };
            all.extend_from_slice(&piece[..n]);
            at += n as u64;
            if n == 0 || n < size || matches!(self, Self::At(..)) {
                return Ok(all);
            }
        }
    }
}
