// SPDX-License-Identifier: GPL-2.0

//! The report in a real browser: it renders, logs nothing on its console, loads nothing, and what
//! moves on it moves. Ignored unless asked for, since it needs one: `scripts/with-browser cargo test
//! -p sweep --test browser -- --ignored`. Pictures are left where `SLOWPATH_PICTURES` says.

#[path = "support/browser.rs"]
mod browser;

use std::{fs, path::PathBuf, process::Command};

use browser::Browser;
use serde_json::json;

/// The report of a real result, or of the one that `SLOWPATH_RESULT` names, in a browser.
fn opened(width: u32, height: u32, phone: bool) -> (tempfile::TempDir, Browser) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let page = dir.path().join("report.html");
    let kept =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../results/tests/fixtures/schema-3/result");
    let result = std::env::var_os("SLOWPATH_RESULT").map_or(kept, PathBuf::from);
    let out = Command::new(env!("CARGO_BIN_EXE_sweep"))
        .args(["report", "--out"])
        .args([&page, &result])
        .output()
        .unwrap();
    assert!(page.is_file(), "{}", String::from_utf8_lossy(&out.stderr));
    let browser = Browser::open(width, height, phone);
    browser.go(&page);
    (dir, browser)
}

fn picture(browser: &Browser, name: &str) {
    if let Some(dir) = std::env::var_os("SLOWPATH_PICTURES") {
        fs::create_dir_all(&dir).unwrap();
        browser.picture(&PathBuf::from(dir).join(name));
    }
}

fn number(browser: &Browser, script: &str) -> f64 {
    let value = browser.run(script);
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{script}: {value}"))
}

/// Nothing is wider than the window, but for what scrolls by itself.
fn fits(browser: &Browser) {
    let script = "return document.documentElement.scrollWidth - innerWidth";
    let wide = number(browser, script);
    assert!(wide <= 0.0, "{wide} pixels too wide");
}

#[test]
#[ignore = "needs a browser: scripts/with-browser"]
fn page_renders_with_an_empty_console() {
    let (_dir, browser) = opened(1280, 900, false);
    let title = browser.run("return document.querySelector('h1').textContent");
    assert!(!title.as_str().unwrap().is_empty());
    let figures = "return document.querySelectorAll('figure svg').length";
    assert!(number(&browser, figures) >= 3.0);
    let blank = "return [...document.querySelectorAll('.plot svg')].filter(s => \
                 s.getBoundingClientRect().height < 40 || !s.querySelector('line, rect, polyline')).length";
    assert_eq!(number(&browser, blank), 0.0, "an empty drawing");
    let asked = "return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length";
    assert_eq!(number(&browser, asked), 0.0, "the page loaded something");
    let beyond = "return document.documentElement.innerHTML.includes('NaN') ? 1 : 0";
    assert_eq!(number(&browser, beyond), 0.0, "a number that is none");
    fits(&browser);
    assert_eq!(browser.console(), Vec::<serde_json::Value>::new());
    picture(&browser, "desktop.png");
}

#[test]
#[ignore = "needs a browser: scripts/with-browser"]
fn series_hide_points_are_read_and_dark_mode_is_dark() {
    let (_dir, browser) = opened(1280, 900, false);
    let hidden = "return document.querySelectorAll('figure .series.hidden').length";
    browser.click("figure .key");
    assert_eq!(number(&browser, hidden), 1.0);
    let pressed = "return document.querySelector('.key').ariaPressed";
    assert_eq!(browser.run(pressed), json!("false"));
    browser.click("figure .key");
    assert_eq!(number(&browser, hidden), 0.0);

    let tip = "return document.querySelector('.tip').hidden ? '' : document.querySelector('.tip').textContent";
    browser.keys(".plot", "\u{e014}"); // right
    let first = browser.run(tip);
    browser.keys(".plot", "\u{e014}");
    let second = browser.run(tip);
    assert!(first.as_str().unwrap().contains("runs"), "{first}");
    assert_ne!(first, second);
    browser.keys(".plot", "\u{e00c}"); // escape
    assert_eq!(browser.run(tip), json!(""));

    let paper = "return getComputedStyle(document.body).backgroundColor";
    let light = browser.run(paper);
    browser.click(".theme");
    assert_ne!(browser.run(paper), light);
    let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    browser.run("localStorage.clear(); delete document.documentElement.dataset.theme");
    browser.command("Emulation.setEmulatedMedia", &media);
    assert_ne!(browser.run(paper), light);
    picture(&browser, "dark.png");
    assert_eq!(browser.console(), Vec::<serde_json::Value>::new());
}

#[test]
#[ignore = "needs a browser: scripts/with-browser"]
fn phone_shows_the_whole_page_in_legible_text() {
    let (_dir, browser) = opened(360, 740, true);
    fits(&browser);
    let least = "return Math.min(...[...document.querySelectorAll('svg text')].map(t => \
                 parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.getBoundingClientRect().width \
                 / t.ownerSVGElement.viewBox.baseVal.width))";
    let least = number(&browser, least);
    assert!(least >= 9.0, "letters of {least} pixels");
    let small = "return [...document.querySelectorAll('button')].filter(b => b.getBoundingClientRect().height < 24).length";
    assert_eq!(number(&browser, small), 0.0, "a button too small to touch");
    picture(&browser, "phone.png");
}

/// A screen reader finds everything that the drawing shows.
#[test]
#[ignore = "needs a browser: scripts/with-browser"]
fn every_figure_has_text_numbers_and_a_command() {
    let (_dir, browser) = opened(1280, 900, false);
    for (what, missing) in [
        ("words", "!q('.words').textContent.trim()"),
        ("a table with numbers", "!q('table tbody td')"),
        ("a command", "!q('.command').textContent.trim()"),
        ("a name for its plot", "!q('.plot').ariaLabel"),
        (
            "a caption for each table",
            "[...f.querySelectorAll('table')].some(t => !t.caption)",
        ),
    ] {
        let lacks = format!("f => {{ const q = s => f.querySelector(s); return {missing} }}");
        let figures = "return [...document.querySelectorAll('figure')]";
        let script = format!("{figures}.filter({lacks}).length");
        assert_eq!(number(&browser, &script), 0.0, "a figure without {what}");
    }
    let first = "return document.querySelector('main h2').textContent";
    assert_eq!(browser.run(first), json!("Verdicts"), "verdicts come first");
}

#[test]
#[ignore = "needs a browser: scripts/with-browser"]
fn print_shows_the_closed_details() {
    let (_dir, browser) = opened(1280, 900, false);
    let shut = "return document.querySelectorAll('details:not([open])').length";
    assert!(number(&browser, shut) > 0.0);
    browser.run("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(number(&browser, shut), 0.0);
    browser.run("dispatchEvent(new Event('afterprint'))");
    assert!(number(&browser, shut) > 0.0);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report.pdf");
    browser.print(&file);
    let printed = fs::read(&file).unwrap();
    assert!(printed.starts_with(b"%PDF") && printed.len() > 10_000);
    if let Some(dir) = std::env::var_os("SLOWPATH_PICTURES") {
        fs::copy(&file, PathBuf::from(dir).join("report.pdf")).unwrap();
    }
}
