// SPDX-License-Identifier: GPL-2.0

//! Tests of reads in pieces, of reads at any offset, and of stray bytes around a word.

use std::path::PathBuf;

use abi::status::Status;
use anyhow::{bail, ensure, Context, Result};
use debugfs::{Dir, Module};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{pread, read, Errno},
};

use super::case::Case;
use crate::{
    raw::{self, refused},
    subject::{halt, run, Subject},
};

pub fn cases<R: Subject>() -> Vec<Case<R>> {
    vec![
        ("files/read_in_pieces_are_not_torn", in_pieces),
        (
            "files/read_byte_by_byte_during_a_run_are_whole",
            byte_by_byte,
        ),
        ("files/read_to_their_end_have_no_more", to_the_end),
        ("files/many_readers_in_pieces_get_estale", many_readers),
        ("files/have_nothing_beyond_their_end", beyond),
        ("files/refuse_stray_bytes_around_a_word", stray),
    ]
}

const FILES: [&str; 6] = ["config", "run", "status", "now", "report", "abi"];

/// A reader that has read the first bytes of a file, and the whole text as it was then.
struct Reader {
    path: PathBuf,
    fd: OwnedFd,
    got: Vec<u8>,
    text: Vec<u8>,
}

impl Reader {
    /// Opens a file of a module that is idle, and reads up to `size` bytes.
    fn new(dir: &Dir, file: &str, size: usize) -> Result<Self> {
        let path = dir.file(file);
        let fd = raw::open_as(&path, OFlags::RDONLY)?;
        let (mut text, mut got) = (vec![0; 1 << 20], vec![0; size]);
        let length = pread(&fd, &mut text, 0)?;
        text.truncate(length);
        let length = read(&fd, &mut got)?;
        got.truncate(length);
        Ok(Self {
            path,
            fd,
            got,
            text,
        })
    }

    /// Reads one more byte; false at the end.
    fn step(&mut self) -> Result<bool, Errno> {
        let mut byte = [0];
        let more = read(&self.fd, &mut byte)? > 0;
        self.got.extend(more.then_some(byte[0]));
        Ok(more)
    }

    /// Reads the rest; fails unless it is that of the text at first.
    fn rest_is_the_same(mut self) -> Result<()> {
        let name = self.path.display().to_string();
        while self.step().with_context(|| name.clone())? {}
        let show = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (got, text) = (show(&self.got), show(&self.text));
        ensure!(got == text, "{name}: {got:?}, not {text:?}");
        Ok(())
    }
}

/// Opens every file of the module, which is idle, reads up to `size` bytes, changes what they show,
/// and reads the rest.
fn changed_between_reads<R: Subject>(module: &Module<R>, size: usize) -> Result<()> {
    run(module, &R::quick())?;
    let dir = module.dir();
    let readers = FILES.map(|file| Reader::new(dir, file, size));
    let ((name, value), (number, most)) = (R::NAME, R::NUMBER);
    run(module, &R::quick())?;
    dir.set(&format!("{name}={value} {number}={most}"))?;
    refused(dir, "config", "nonsense=1", Errno::INVAL, "`nonsense=1`")?;
    let mut readers = readers.into_iter();
    readers.try_for_each(|reader| reader?.rest_is_the_same())
}

fn in_pieces<R: Subject>(module: &Module<R>) -> Result<()> {
    changed_between_reads(module, 3)
}

fn to_the_end<R: Subject>(module: &Module<R>) -> Result<()> {
    changed_between_reads(module, 1 << 18)
}

/// The time in `status` passes between two reads.
fn byte_by_byte<R: Subject>(module: &Module<R>) -> Result<()> {
    module.start(&R::endless())?;
    let before = module.dir().status()?;
    let due = match module.dir().machine()?.as_str() {
        "" => "error=\n".to_string(),
        machine => format!("error=\n{machine}\n"),
    };
    for _ in 0..20 {
        let text = String::from_utf8(raw::read(&module.dir().file("status"), 1)?)?;
        let (first, rest) = text.split_once('\n').context("one line")?;
        let (status, now): (Status, _) = (first.parse()?, module.dir().status()?);
        let times = before.elapsed_ns..=now.elapsed_ns;
        let whole = times.contains(&status.elapsed_ns) && rest == due;
        ensure!(whole, "{text:?} between {before} and {now}");
    }
    Ok(())
}

/// The module keeps the texts of a few readers; the others get an error and no wrong byte.
fn many_readers<R: Subject>(module: &Module<R>) -> Result<()> {
    let reader = |_| Reader::new(module.dir(), "config", 3);
    let readers: Vec<Reader> = (0..30).map(reader).collect::<Result<_>>()?;
    let (mut stale, mut whole) = (0, 0);
    for mut reader in readers {
        match reader.step() {
            Err(Errno::STALE) => stale += 1,
            Ok(true) => whole += usize::from(reader.text.starts_with(&reader.got)),
            other => bail!("{other:?}"),
        }
    }
    ensure!(
        whole >= 8 && stale + whole == 30,
        "{whole} whole, {stale} ESTALE"
    );
    Ok(())
}

fn beyond<R: Subject>(module: &Module<R>) -> Result<()> {
    run(module, &R::quick())?;
    for file in FILES {
        let fd = raw::open_as(&module.dir().file(file), OFlags::RDONLY)?;
        let mut text = vec![0; 1 << 20];
        let length = pread(&fd, &mut text, 0)? as u64;
        let powers = [16, 31, 32, 33, 40, 60, 62].map(|n| 1 << n);
        let far = powers.iter().flat_map(|&p: &u64| [p, p + 1, p + 7]);
        let near = [length, length + 1, i64::MAX as u64 - (1 << 20)];
        for at in near.into_iter().chain(far.filter(|&at| at > length)) {
            let got = pread(&fd, &mut text, at);
            ensure!(got == Ok(0), "{file} at {at}: {got:?}, not the end");
        }
        // Here are the positions of readers in pieces.
        for at in [1 << 61, (1 << 61) + 1, (3 << 60) + (1 << 32) + 1] {
            let got = pread(&fd, &mut text, at);
            ensure!(
                matches!(got, Ok(0) | Err(Errno::STALE)),
                "{file} at {at}: {got:?}"
            );
        }
        for at in [1 << 63, u64::MAX] {
            let got = pread(&fd, &mut text, at);
            ensure!(got == Err(Errno::INVAL), "{file} at {at}: {got:?}");
        }
    }
    Ok(())
}

fn stray<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    let threads = format!("{}=1", R::THREADS);
    for (file, word) in [
        ("run", "start"),
        ("run", "stop"),
        ("reset", "1"),
        ("config", &threads),
    ] {
        for byte in [
            "\x0b", "\u{85}", "\u{a0}", "\u{2003}", "\u{2028}", "\0", "\x1b", "\x7f",
        ] {
            for text in [
                format!("{word}{byte}"),
                format!("{byte}{word}"),
                format!("{word}\n{byte}"),
            ] {
                refused(dir, file, &text, Errno::INVAL, "")?;
            }
        }
        for text in [format!("{word}\n"), format!(" {word} \t\r\n")] {
            raw::write(&dir.file(file), text.as_bytes())?;
            halt(module)?;
        }
    }
    Ok(())
}
