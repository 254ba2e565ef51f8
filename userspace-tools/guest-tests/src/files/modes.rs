// SPDX-License-Identifier: GPL-2.0

//! Tests of file modes, of writes to read-only files, and of partial reads.

use std::{fs, os::unix::fs::PermissionsExt};

use abi::{Abi, SCHEMA};
use anyhow::{ensure, Context, Result};
use debugfs::Module;
use rustix::{fs::OFlags, io::Errno};

use super::case::Case;
use crate::{raw, subject::Subject};

pub fn cases<R: Subject>() -> Vec<Case<R>> {
    vec![
        ("abi/has_the_schema_of_this_build", schema),
        ("files/are_complete_and_for_root_only", modes),
        ("reset/cannot_be_read", write_only),
        ("files/read_only_ones_cannot_be_written", read_only),
        ("files/partial_reads_give_the_same_text", pieces),
        (
            "files/accept_many_writes_through_one_descriptor",
            many_writes,
        ),
    ]
}

fn schema<R: Subject>(module: &Module<R>) -> Result<()> {
    let text = module.dir().read("abi")?;
    ensure!(text == format!("{}\n", Abi { schema: SCHEMA }), "{text:?}");
    Ok(())
}

fn modes<R: Subject>(module: &Module<R>) -> Result<()> {
    let mut found = Vec::new();
    let path = module.dir().file("");
    for entry in fs::read_dir(&path).with_context(|| path.display().to_string())? {
        let entry = entry?;
        let mode = entry.metadata()?.permissions().mode() & 0o7777;
        let name = entry.file_name();
        found.push(format!("{mode:03o} {}", name.to_string_lossy()));
    }
    found.sort();
    let read = ["400 abi", "400 now", "400 report", "400 status"];
    let files = [&["200 reset"][..], &read, &["600 config", "600 run"]];
    let expected = [&files.concat(), R::FOLDERS].concat();
    ensure!(found == expected, "{found:?}, not {expected:?}");
    Ok(())
}

fn write_only<R: Subject>(module: &Module<R>) -> Result<()> {
    let got = raw::read(&module.dir().file("reset"), 64);
    ensure!(got == Err(Errno::INVAL), "{got:?}, not EINVAL");
    Ok(())
}

fn read_only<R: Subject>(module: &Module<R>) -> Result<()> {
    for file in ["status", "report", "abi"] {
        let before = module.dir().read(file)?;
        for bytes in [&b"1"[..], b"", b"start", b"\xff", &[b'x'; 10_000]] {
            let got = raw::write(&module.dir().file(file), bytes);
            ensure!(got == Err(Errno::INVAL), "{file}: {got:?}, not EINVAL");
        }
        ensure!(module.dir().read(file)? == before, "{file} changed");
    }
    Ok(())
}

fn pieces<R: Subject>(module: &Module<R>) -> Result<()> {
    crate::subject::run(module, &R::quick())?;
    for file in ["config", "run", "status", "report", "abi"] {
        let whole = module.dir().read(file)?.into_bytes();
        for size in [1, 7, 64, 4096] {
            let read = raw::read(&module.dir().file(file), size);
            ensure!(read.as_ref() == Ok(&whole), "{file} by {size}: {read:?}");
        }
    }
    Ok(())
}

fn many_writes<R: Subject>(module: &Module<R>) -> Result<()> {
    let path = module.dir().file("config");
    let file = raw::open_as(&path, OFlags::RDWR)?;
    let good = format!("{}=1", R::THREADS);
    for (text, expected) in [
        (good.as_str(), Ok(good.len())),
        ("nonsense", Err(Errno::INVAL)),
        (good.as_str(), Ok(good.len())),
    ] {
        let got = rustix::io::write(&file, text.as_bytes());
        ensure!(got == expected, "{text}: {got:?}");
    }
    Ok(())
}
