// SPDX-License-Identifier: GPL-2.0

//! `vm` started by `vm`: the same run with other options.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Arguments without these options and their values, and with the options `with` instead.
pub fn arguments(own: &[String], without: &[&str], with: &[String]) -> Vec<String> {
    let mut left = own.iter();
    let mut arguments = Vec::new();
    while let Some(word) = left.next() {
        if word == "--" {
            break;
        }
        let name = word.split('=').next().unwrap_or_default();
        match without.contains(&name) {
            true if word.contains('=') => {}
            true => drop(left.next()),
            false => arguments.push(word.clone()),
        }
    }
    arguments.extend_from_slice(with);
    arguments.push("--".into());
    arguments.extend(left.cloned());
    arguments
}

/// This program, ended by the kernel if the parent ends.
pub fn command(arguments: &[String]) -> Result<Command> {
    let own = std::env::current_exe().context("the path of vm")?;
    let mut command = Command::new("setpriv");
    let own: [OsString; 3] = ["--pdeathsig".into(), "TERM".into(), own.into()];
    command.args(own).args(arguments).stdin(Stdio::null());
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn options_go_with_their_values_and_those_of_the_command_stay() {
        let own = split("run --guests 2 --json --record=a --cpus 0 -- tool --guests 3 -- x");
        let arguments = arguments(&own, &["--guests", "--record"], &split("--barrier b"));
        let expected = "run --json --cpus 0 --barrier b -- tool --guests 3 -- x";
        assert_eq!(arguments.join(" "), expected);
    }
}
