// SPDX-License-Identifier: GPL-2.0

//! `vm` started by `vm`: the same run with other options.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// A command line of ours without these options and their values, and with those words instead.
pub fn words(own: &[String], without: &[&str], with: &[String]) -> Vec<String> {
    let mut left = own.iter();
    let mut words = Vec::new();
    while let Some(word) = left.next() {
        if word == "--" {
            break;
        }
        let name = word.split('=').next().unwrap_or_default();
        match without.contains(&name) {
            true if word.contains('=') => {}
            true => drop(left.next()),
            false => words.push(word.clone()),
        }
    }
    words.extend_from_slice(with);
    words.push("--".into());
    words.extend(left.cloned());
    words
}

/// This program, which the kernel ends if we end.
pub fn command(words: &[String]) -> Result<Command> {
    let own = std::env::current_exe().context("our own program")?;
    let mut command = Command::new("setpriv");
    let killed: [OsString; 3] = ["--pdeathsig".into(), "TERM".into(), own.into()];
    command.args(killed).args(words).stdin(Stdio::null());
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn options_go_with_their_values_and_the_commands_own_stay() {
        let own = split("run --ratio 1,2 --json --record=a --cpus 0 -- tool --ratio 3 -- x");
        let words = words(&own, &["--ratio", "--record"], &split("--vcpus 4"));
        let expected = "run --json --cpus 0 --vcpus 4 -- tool --ratio 3 -- x";
        assert_eq!(words.join(" "), expected);
    }
}
