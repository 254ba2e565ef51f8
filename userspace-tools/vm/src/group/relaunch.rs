// SPDX-License-Identifier: GPL-2.0

//! `vm` started by `vm`: the same run with other options.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// The arguments with more options before the command; those that stand twice count the second time.
pub fn arguments(own: &[String], more: &[String]) -> Vec<String> {
    let end = own.iter().position(|word| word == "--");
    let (options, command) = own.split_at(end.unwrap_or(own.len()));
    [options, more, command].concat()
}

/// This program, ended by the kernel if the parent ends.
pub fn command(arguments: &[String]) -> Result<Command> {
    let own = std::env::current_exe().context("the path of vm")?;
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM"])
        .arg(own)
        .args(arguments);
    command.stdin(Stdio::null());
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn options_come_before_the_command() {
        let own = split("run --guests 2 --record=a -- tool --guests 3 -- x");
        let arguments = arguments(&own, &split("--barrier b --record c"));
        let expected = "run --guests 2 --record=a --barrier b --record c -- tool --guests 3 -- x";
        assert_eq!(arguments.join(" "), expected);
    }
}
