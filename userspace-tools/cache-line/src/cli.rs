// SPDX-License-Identifier: GPL-2.0

//! Command line.

use clap::Parser;
use cpu_list::CpuList;

const EXAMPLES: &str = "\
Examples:
  cache-line                 between the first two CPUs
  cache-line --cpus 0,4      between CPUs of two sockets, for instance";

fn after_help() -> String {
    format!("{EXAMPLES}\n\n{}", exit_code::help())
}

/// Cost of an atomic operation on a cache line that another CPU wrote.
#[derive(Debug, Parser)]
#[command(name = "cache-line", version, after_help = after_help())]
pub struct Cli {
    /// Two CPUs [default: the first two that this process may use].
    #[arg(long, value_name = "LIST")]
    pub cpus: Option<CpuList>,
    /// Groups of turns, of 100 turns each.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub groups: u32,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn man_page_and_completions_are_written() {
        cli_docs::write(<super::Cli as clap::CommandFactory>::command());
    }
}
