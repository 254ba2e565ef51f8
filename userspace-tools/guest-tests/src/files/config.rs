// SPDX-License-Identifier: GPL-2.0

//! Tests of the file `config`.

use abi::lock_load::Machine;
use anyhow::{ensure, Result};
use debugfs::{Dir, Module};
use results::{vcpus, Settings};
use rustix::io::Errno;

use super::case::Case;
use crate::{
    raw::{refused, write},
    subject::{settings, Subject},
};

pub fn cases<R: Subject>() -> Vec<Case<R>> {
    vec![
        ("config/shows_every_setting_and_what_is_allowed", shows),
        ("config/accepts_what_it_shows", accepts_its_text),
        ("config/accepts_words_lines_and_comments", accepts_words),
        ("config/accepts_an_empty_text_as_no_change", accepts_nothing),
        ("config/accepts_the_bounds", accepts_bounds),
        ("config/refuses_malformed_settings", refuses_malformed),
        ("config/refuses_out_of_range", refuses_out_of_range),
        ("config/refuses_garbage", refuses_garbage),
        ("config/refuses_a_text_that_is_too_long", refuses_too_long),
        ("config/changes_all_settings_or_none", all_or_nothing),
        ("config/a_valid_write_clears_the_reason", clears_reason),
    ]
}

fn shows<R: Subject>(module: &Module<R>) -> Result<()> {
    expect(module.dir(), &R::Config::default().listing(vcpus()))
}

fn accepts_its_text<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    dir.set(&R::endless().to_string())?;
    let shown = dir.config()?;
    expect(dir, &R::endless().listing(vcpus()))?;
    dir.set(&R::Config::default().to_string())?;
    dir.set(&shown)?;
    expect(dir, &shown)
}

fn accepts_words<R: Subject>(module: &Module<R>) -> Result<()> {
    let ((name, value), (number, most), threads) = (R::NAME, R::NUMBER, R::THREADS);
    module.dir().set(&format!(
        "# a comment\n\n  {name}={value}\t{threads}=1 # {threads}=2\n{number}={most}\n\n"
    ))?;
    let expected = settings::<R>(&format!("{name}={value} {threads}=1 {number}={most}"))?;
    expect(module.dir(), &expected.listing(vcpus()))
}

fn accepts_nothing<R: Subject>(module: &Module<R>) -> Result<()> {
    let file = module.dir().file("config");
    for text in ["", "\n", " \t\n # nothing\n"] {
        unchanged(module.dir(), || Ok(write(&file, text.as_bytes())?))?;
    }
    Ok(())
}

fn accepts_bounds<R: Subject>(module: &Module<R>) -> Result<()> {
    let (threads, (number, most)) = (R::THREADS, R::NUMBER);
    for (key, value) in [(threads, 1), (threads, vcpus().into()), (number, most)] {
        let word = format!("{key}={value}");
        module.dir().set(&word)?;
        let shown = module.dir().config()?;
        let mut words = shown.lines().filter_map(|line| line.split("  #").next());
        ensure!(words.any(|shown| shown == word), "no {word} in {shown:?}");
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
        no(module.dir(), text, Errno::INVAL, reason)?;
    }
    Ok(())
}

fn refuses_out_of_range<R: Subject>(module: &Module<R>) -> Result<()> {
    let (threads, (number, most)) = (R::THREADS, R::NUMBER);
    let allowed = format!("out of range; allowed: 1..={}", vcpus());
    let too_many = [
        "0",
        &(vcpus() + 1).to_string(),
        "4294967296",
        "4294967297",
        "18446744073709551615",
        "18446744073709551617",
        &"9".repeat(100),
    ];
    for value in too_many {
        let text = format!("{threads}={value}");
        no(module.dir(), text, Errno::RANGE, &allowed)?;
    }
    let above = format!("{number}={}", most + 1);
    no(module.dir(), above, Errno::RANGE, &format!("..={most}"))
}

fn refuses_garbage<R: Subject>(module: &Module<R>) -> Result<()> {
    let all: Vec<u8> = (0..=255).collect();
    let umlaut = "schl\u{fc}ssel=wert".as_bytes();
    let crab = "\u{1f980}".as_bytes();
    let control = [&b"\xff\xfe\xfd"[..], b"\0", b"\0\0\0\0", b"\x1b[2J\x07"];
    for bytes in control.into_iter().chain([umlaut, crab, &all]) {
        no(module.dir(), bytes, Errno::INVAL, "")?;
    }
    let status = module.dir().read("status")?;
    // Behind the two lines of all modules only the machine may stand.
    let mut more = status.lines().skip(2);
    let is_machine = |line: &str| line.parse::<Machine>().is_ok();
    let whole = more.next().is_none_or(is_machine) && more.next().is_none();
    ensure!(whole, "status grew lines: {status:?}");
    Ok(())
}

fn refuses_too_long<R: Subject>(module: &Module<R>) -> Result<()> {
    let word = format!("{}=1 ", R::THREADS);
    for length in [1 << 16, 1 << 20, 1 << 24] {
        let text = word.repeat(length / word.len());
        no(module.dir(), text, Errno::INVAL, "bytes in one write")?;
    }
    // A long word in a text that is not too long has its own reason.
    no(module.dir(), "x".repeat(4000), Errno::INVAL, "xxx")
}

fn all_or_nothing<R: Subject>(module: &Module<R>) -> Result<()> {
    let ((name, value), (number, most)) = (R::NAME, R::NUMBER);
    let good = format!("{name}={value} {number}={most}");
    for bad in ["nonsense=1", "nonsense", &format!("{name}=nonsense")] {
        for text in [format!("{good} {bad}"), format!("{good}\n{bad} {good}")] {
            no(module.dir(), text, Errno::INVAL, "nonsense")?;
        }
    }
    let text = format!("{good} {}=0", R::THREADS);
    no(module.dir(), text, Errno::RANGE, "out of range")
}

fn clears_reason<R: Subject>(module: &Module<R>) -> Result<()> {
    let dir = module.dir();
    no(dir, "nonsense", Errno::INVAL, "`nonsense`")?;
    dir.set(&format!("{}=1", R::THREADS))?;
    let why = dir.refusal()?;
    ensure!(why.is_empty(), "still there after a valid write: {why:?}");
    Ok(())
}

/// Fails unless the text is refused and no setting changes.
fn no(dir: &Dir, bytes: impl AsRef<[u8]>, errno: Errno, reason: &str) -> Result<()> {
    unchanged(dir, || refused(dir, "config", bytes, errno, reason))
}

fn unchanged(dir: &Dir, act: impl FnOnce() -> Result<()>) -> Result<()> {
    let before = dir.config()?;
    act()?;
    expect(dir, &before)
}

fn expect(dir: &Dir, expected: &str) -> Result<()> {
    let shown = dir.config()?;
    ensure!(shown == expected, "config: {shown:?}, not {expected:?}");
    Ok(())
}
