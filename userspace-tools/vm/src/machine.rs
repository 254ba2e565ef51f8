// SPDX-License-Identifier: GPL-2.0

//! Virtual machines of a guest: command lines of QEMU and of the simulator, which are pure functions of the plan.

mod command_line;
mod kernel_words;
pub mod simulator;
mod tiers;

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use vm_record::Tier;

use crate::plan::Plan;

pub use command_line::{qemu_version, PORT_ID};
pub use tiers::{command_lines, l1_command, sockets};

pub fn print(plan: &Plan) -> Result<()> {
    let mut out = io::stdout().lock();
    for &tier in plan.options.tier.tiers() {
        if tier == Tier::Sim {
            let line = quoted(&simulator::command_line(plan)?)?;
            writeln!(out, "# {}\n{line}", tier.name()).context("standard output")?;
            continue;
        }
        let lines = command_lines(plan, tier, Path::new("PRIVATE_DIR"), "NONCE");
        let mut text = format!("# {}\n{}", tier.name(), quoted(&lines.host)?);
        if let Some(line) = lines.l1 {
            text += &format!("\n# inside L1\n{}", quoted(&line)?);
        }
        writeln!(out, "{text}").context("standard output")?;
    }
    Ok(())
}

fn quoted(line: &[String]) -> Result<String> {
    shlex::try_join(line.iter().map(String::as_str)).context("a word holds a NUL")
}
