// SPDX-License-Identifier: GPL-2.0

//! Drives bottleneck.ko: the kernel's bottlenecks, each before and after its fix.

#![forbid(unsafe_code)]

mod check;
mod compare;
mod fixes;
mod show;
mod versus;

use std::{path::Path, process::ExitCode};

use abi::bottleneck::{About, CASES};
use clap::Subcommand;
use debugfs::{tool::Own, tool::Tool};
use results::{table::grid, Bottleneck, Cell};

/// What this tool has beside the common commands.
#[derive(Subcommand)]
enum Command {
    /// Run all variants of a case by turns, and say whether the fix helps here
    Compare(versus::Versus),
    /// Put to the test what all variants of all cases promise, and that `busted` is caught
    Check(check::Check),
}

impl Own for Command {
    fn obey(self, root: &Path) -> anyhow::Result<bool> {
        match self {
            Self::Compare(versus) => versus.obey(root),
            Self::Check(check) => check.obey(root),
        }
    }
}

enum BottleneckTool {}

impl Tool for BottleneckTool {
    type Report = Bottleneck;
    type Own = Command;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  bottleneck list
  bottleneck run --case mount_lookup --variant spinlock --threads 8
  bottleneck compare mount_lookup --threads 2,8 --repeat 5
  bottleneck compare mount_lookup --lock pv_queued --set write_permille=10
  bottleneck check --only ids,mount_count
  bottleneck sweep --case stats --variant exact,percpu --threads 1,2,4,8 --repeat 5";

    fn notes() -> String {
        let mut cases = grid(&["case", "variants", "what is fought over", "found in"]);
        for about in CASES {
            let About {
                case,
                seed,
                resource,
                ..
            } = about;
            cases.add_row([case.name(), &variants(about), resource, seed]);
        }
        cases.trim_fmt()
    }

    fn show(report: &Bottleneck) -> String {
        show::show(report)
    }

    fn compare(points: &[Cell<Bottleneck>]) -> String {
        compare::compare(points)
    }
}

fn variants(about: &About) -> String {
    let names = about.variants.iter().map(|variant| variant.name());
    names.collect::<Vec<_>>().join("\n")
}

fn main() -> ExitCode {
    debugfs::tool::main::<BottleneckTool>()
}

#[cfg(test)]
mod tests {
    #[test]
    fn man_page_and_completions_are_written() {
        cli_docs::write(debugfs::tool::command::<super::BottleneckTool>());
    }
}
