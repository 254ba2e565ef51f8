// SPDX-License-Identifier: GPL-2.0

//! The file `config`.

use anyhow::{ensure, Result};
use debugfs::{Dir, Module};
use results::{vcpus, Settings};
use rustix::io::Errno;

use super::Case;
use crate::{
    raw::{refused, write},
    subject::Subject,
};

/// The tests of this file.
pub fn cases<R: Subject>() -> Vec<Case<R>> {
    vec![
        ("config/shows_every_setting_and_what_is_allowed", shows),
        ("config/takes_back_what_it_shows", takes_back),
        ("config/takes_words_lines_and_comments", takes_words),
        ("config/takes_an_empty_text_as_no_change", takes_nothing),
        ("config/takes_the_bounds_themselves", takes_bounds),
        ("config/refuses_what_is_malformed", refuses_malformed),
        ("config/refuses_what_is_out_of_range", refuses_out_of_range),
        ("config/refuses_garbage", refuses_garbage),
        ("config/refuses_a_text_that_is_too_long", refuses_too_long),
        ("config/takes_all_or_nothing", takes_all_or_nothing),
        ("config/a_good_write_clears_the_reason", clears_reason),
    ]
}

fn shows<R: Subject>(module: &Module<R>) -> Result<()> {
    expect(module.dir(), &R::Config::default().listing(vcpus()))
}

fn takes_back<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    dir.set(&R::endless().to_string())?;
    let shown = dir.config()?;
    expect(dir, &R::endless().listing(vcpus()))?;
    dir.set(&R::Config::default().to_string())?;
    dir.set(&shown)?;
    expect(dir, &shown)
}

fn takes_words<R: Subject>(module: &Module<R>) -> Result<()> {
    let ((name, value), (number, most)) = (R::NAME, R::NUMBER);
    let text = format!(
        "# a comment first\n\n  {name}={value}\t{threads}=1 # {threads}=2\n{number}={most}\n\n",
        threads = R::THREADS
    );
    module.dir().set(&text)?;
    let same = format!("{name}={value} {}=1 {number}={most}", R::THREADS);
    let mut expected = R::Config::default();
    ensure!(expected.take(&same, vcpus()).is_ok());
    expect(module.dir(), &expected.listing(vcpus()))
}

fn takes_nothing<R: Subject>(module: &Module<R>) -> Result<()> {
    for text in ["", "\n", " \t\n # nothing\n"] {
        unchanged(module.dir(), || {
            Ok(write(&module.dir().file("config"), text.as_bytes())?)
        })?;
    }
    Ok(())
}

fn takes_bounds<R: Subject>(module: &Module<R>) -> Result<()> {
    let (number, most) = R::NUMBER;
    for (key, value) in [
        (R::THREADS, 1),
        (R::THREADS, vcpus().into()),
        (number, most),
    ] {
        let word = format!("{key}={value}");
        module.dir().set(&word)?;
        let shown = module.dir().config()?;
        ensure!(
            shown.lines().any(|l| l.split("  #").next() == Some(&word)),
            "{word} was taken, but config shows {shown:?}"
        );
    }
    Ok(())
}

fn refuses_malformed<R: Subject>(module: &Module<R>) -> Result<()> {
    let (threads, (name, _), (number, _)) = (R::THREADS, R::NAME, R::NUMBER);
    let form = "not of the form key=value";
    let value = "not a value of this setting; allowed:";
    for (text, reason) in [
        ("nonsense=1".into(), "no such setting; allowed:"),
        ("=1".into(), "no such setting"),
        (threads.to_uppercase() + "=1", "no such setting"),
        (threads.into(), form),
        (format!("{threads} = 1"), form),
        (format!("{threads}="), value),
        (format!("{threads}=-1"), value),
        (format!("{threads}=+1"), value),
        (format!("{threads}=1.0"), value),
        (format!("{threads}=0x1"), value),
        (format!("{threads}=one"), value),
        (format!("{threads}=1=1"), value),
        (format!("{number}=1,000"), value),
        (format!("{name}=nonsense"), value),
        (format!("{name}="), value),
        (format!("{name}=1"), value),
    ] {
        no(module.dir(), text.as_bytes(), Errno::INVAL, reason)?;
    }
    Ok(())
}

fn refuses_out_of_range<R: Subject>(module: &Module<R>) -> Result<()> {
    let (threads, (number, most)) = (R::THREADS, R::NUMBER);
    let allowed = format!("out of range; allowed: 1..={}", vcpus());
    let above = format!("..={most}");
    for (text, reason) in [
        (format!("{threads}=0"), &allowed),
        (format!("{threads}={}", vcpus() + 1), &allowed),
        (format!("{threads}=4294967296"), &allowed),
        (format!("{threads}=4294967297"), &allowed),
        (format!("{threads}=18446744073709551615"), &allowed),
        (format!("{threads}=18446744073709551617"), &allowed),
        (format!("{threads}={}", "9".repeat(100)), &allowed),
        (format!("{number}={}", most + 1), &above),
    ] {
        no(module.dir(), text.as_bytes(), Errno::RANGE, reason)?;
    }
    Ok(())
}

fn refuses_garbage<R: Subject>(module: &Module<R>) -> Result<()> {
    let all: Vec<u8> = (0..=255).collect();
    for bytes in [
        &b"\xff\xfe\xfd"[..],
        b"\0",
        b"\0\0\0\0",
        b"\x1b[2J\x07",
        "schl\u{fc}ssel=wert".as_bytes(),
        "\u{1f980}".as_bytes(),
        &all,
    ] {
        no(module.dir(), bytes, Errno::INVAL, "")?;
    }
    let status = module.dir().read("status")?;
    ensure!(status.lines().count() == 2, "status grew lines: {status:?}");
    Ok(())
}

fn refuses_too_long<R: Subject>(module: &Module<R>) -> Result<()> {
    let word = format!("{}=1 ", R::THREADS);
    for length in [1 << 16, 1 << 20, 1 << 24] {
        let text = word.repeat(length / word.len());
        no(
            module.dir(),
            text.as_bytes(),
            Errno::INVAL,
            "bytes in one write",
        )?;
    }
    // A long word that is not too long a text is refused for what it is.
    no(
        module.dir(),
        "x".repeat(4000).as_bytes(),
        Errno::INVAL,
        "xxx",
    )
}

fn takes_all_or_nothing<R: Subject>(module: &Module<R>) -> Result<()> {
    let ((name, value), (number, most)) = (R::NAME, R::NUMBER);
    let good = format!("{name}={value} {number}={most}");
    for bad in ["nonsense=1", "nonsense", &format!("{name}=nonsense")] {
        for text in [format!("{good} {bad}"), format!("{good}\n{bad} {good}")] {
            no(module.dir(), text.as_bytes(), Errno::INVAL, "nonsense")?;
        }
    }
    let text = format!("{good} {}=0", R::THREADS);
    no(module.dir(), text.as_bytes(), Errno::RANGE, "out of range")
}

fn clears_reason<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    no(dir, b"nonsense", Errno::INVAL, "`nonsense`")?;
    dir.set(&format!("{}=1", R::THREADS))?;
    let why = dir.refusal()?;
    ensure!(why.is_empty(), "still there after a good write: {why:?}");
    Ok(())
}

/// Fails unless the text is refused and no setting changes.
fn no(dir: &Dir, bytes: &[u8], errno: Errno, reason: &str) -> Result<()> {
    unchanged(dir, || refused(dir, "config", bytes, errno, reason))
}

fn unchanged(dir: &Dir, act: impl FnOnce() -> Result<()>) -> Result<()> {
    let before = dir.config()?;
    act()?;
    expect(dir, &before)
}

fn expect(dir: &Dir, expected: &str) -> Result<()> {
    let shown = dir.config()?;
    ensure!(
        shown == expected,
        "config shows {shown:?}, not {expected:?}"
    );
    Ok(())
}
